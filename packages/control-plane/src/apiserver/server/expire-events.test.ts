import { silentLogger, systemClock } from "@drydock/kit";
import { Event } from "@drydock/machinery";
import t from "tap";
import { Registry } from "../registry/registry.ts";
import { startTestControlPlane } from "../test-support/start-control-plane.ts";
import { expireEvents } from "./expire-events.ts";

const plane = await startTestControlPlane();
t.teardown(() => plane.close());
const { admin, store } = plane;
const events = "/api/v1/namespaces/default/events";

t.test("events that nothing was added to for an hour go, others stay", async (t) => {
  const now = Date.now();
  const ago = (minutes: number) => `${new Date(now - minutes * 60_000).toISOString().slice(0, 19)}Z`;
  const involvedObject = { kind: "Pod", name: "p", namespace: "default" };
  for (const [name, lastTimestamp] of [
    ["old", ago(30)],
    ["young", ago(0)],
  ]) {
    const made = await admin.call("POST", events, {
      body: { metadata: { name }, involvedObject, type: "Normal", reason: "R", lastTimestamp },
    });
    t.equal(made.status, 201, made.text);
  }
  const registry = new Registry({ store, clock: systemClock, logger: silentLogger });
  const { cache } = registry.add(Event);
  t.teardown(() => cache.close());
  await registry.ready();
  t.equal(await expireEvents(registry, now), 0);
  t.equal(await expireEvents(registry, now + 59.5 * 60_000), 0, "both were created a moment ago");
  // Created now, as far as the server's own clock goes: an hour later both are old.
  t.equal(await expireEvents(registry, now + 61 * 60_000), 2);
  t.same((await admin.call("GET", events)).json.items, []);
});

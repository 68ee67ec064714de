import { ManualClock } from "@drydock/kit";
import t from "tap";
import { createClient } from "../client/create-client.ts";
import type { Event } from "../kinds/event.ts";
import { objectServer } from "../test-support/object-server.ts";
import { pod } from "../test-support/scripted-server.ts";
import { createEventRecorder } from "./event-recorder.ts";

async function setUp(test: Pick<typeof t, "teardown">) {
  const server = await objectServer();
  const client = createClient(server.config);
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const recorder = createEventRecorder({ client, component: "tester", host: "node-1", clock });
  test.teardown(async () => {
    await recorder.flush();
    await client.close();
    await server.close();
  });
  return { server, clock, recorder, events: () => [...server.objects.values()] as Event[] };
}

t.test("the same event again raises the count of the first", async (t) => {
  const { recorder, clock, events } = await setUp(t);
  const object = { ...pod("web", 7), metadata: { ...pod("web", 7).metadata, uid: "u" } };
  recorder.recordEvent(object, "Warning", "BackOff", "restarting", "spec.containers{web}");
  await clock.advance(5000);
  recorder.recordEvent(object, "Warning", "BackOff", "restarting", "spec.containers{web}");
  await clock.advance(5000);
  recorder.recordEvent(object, "Warning", "BackOff", "restarting", "spec.containers{web}");
  recorder.recordEvent(object, "Normal", "Pulled", "image is there");
  await recorder.flush();
  t.equal(events().length, 2);
  t.match(events()[0], {
    metadata: { name: /^web\.[0-9a-f]+$/, namespace: "default" },
    involvedObject: {
      apiVersion: "v1",
      kind: "Pod",
      name: "web",
      namespace: "default",
      uid: "u",
      fieldPath: "spec.containers{web}",
    },
    type: "Warning",
    reason: "BackOff",
    message: "restarting",
    count: 3,
    firstTimestamp: "2026-01-01T00:00:00Z",
    lastTimestamp: "2026-01-01T00:00:10Z",
    source: { component: "tester", host: "node-1" },
    reportingComponent: "tester",
    reportingInstance: "node-1",
  });
  t.match(events()[1], { reason: "Pulled", count: 1 });
});

t.test("an event that is gone is written anew", async (t) => {
  const { server, recorder, events } = await setUp(t);
  recorder.recordEvent(pod("web", 1), "Normal", "Started", "started");
  await recorder.flush();
  server.objects.clear();
  recorder.recordEvent(pod("web", 1), "Normal", "Started", "started");
  await recorder.flush();
  t.match(events(), [{ count: 1 }]);
});

t.test("many that differ only in their message are combined", async (t) => {
  const { recorder, events } = await setUp(t);
  for (let i = 0; i < 50; i++) recorder.recordEvent(pod("web", 1), "Warning", "Failed", `attempt ${i}`);
  await recorder.flush();
  t.equal(events().length, 11);
  t.match(events()[10], { count: 40, message: "(combined from similar events): attempt 49" });
});

t.test("what cannot be written is dropped, and the next one is not", async (t) => {
  const { server, recorder, events } = await setUp(t);
  server.down = true;
  recorder.recordEvent(pod("web", 1), "Normal", "Lost", "nobody hears");
  await recorder.flush();
  server.down = false;
  recorder.recordEvent({ kind: "Node", name: "node-1" }, "Normal", "Heard", "x".repeat(2000));
  await recorder.flush();
  t.match(events(), [
    { reason: "Heard", metadata: { namespace: "default" }, involvedObject: { kind: "Node", name: "node-1" } },
  ]);
  t.equal(events()[0]?.message?.length, 1024);
});

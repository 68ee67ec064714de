import { hasCode } from "@drydock/kit";
import { type Client, ConfigMap, createClient } from "@drydock/machinery";
import t from "tap";
import { type TemporaryMember, temporaryEtcdCluster } from "../etcd/fixtures/temporary-etcd-cluster.ts";
import { within } from "../store/fixtures/read-watch.ts";
import { startApiServer } from "./api-server.ts";

const namespace = "default";

/** Three members, an API server that knows all of them, and a client that has watched since before the first write. */
async function place(t: { teardown(end: () => unknown): void }) {
  const etcd = await temporaryEtcdCluster(t);
  const server = await startApiServer({
    etcd: { endpoints: etcd.endpoints, tls: etcd.tls },
    listen: [{ host: "127.0.0.1", port: 0 }],
    pki: etcd.pki,
  });
  t.teardown(() => server.close());
  const { cert, key } = etcd.pki.certificates.admin;
  const client = createClient({ server: server.url, ca: etcd.pki.ca.cert, cert, key }, { userAgent: "test" });
  t.teardown(() => client.close());
  return { etcd, client, seen: await watchNames(t, client) };
}

/** The names that one watch brings, which is never opened again: what it misses is missed. */
async function watchNames(t: { teardown(end: () => unknown): void }, client: Client) {
  const { metadata } = await client.list(ConfigMap, { namespace });
  const ending = new AbortController();
  const names: string[] = [];
  const watch = client.watch(ConfigMap, {
    namespace,
    resourceVersion: metadata.resourceVersion,
    allowWatchBookmarks: true,
    signal: ending.signal,
  });
  const reading = (async () => {
    for await (const event of watch) if (event.type === "ADDED") names.push(event.object.metadata.name);
    if (!ending.signal.aborted) throw new Error("the watch ended");
  })();
  // Its failure is that of `until`, which waits for it.
  reading.catch(() => {});
  t.teardown(() => ending.abort());
  return {
    names,
    async until(last: string): Promise<void> {
      const arrived = (async () => {
        while (names.at(-1) !== last) await new Promise((resolve) => setTimeout(resolve, 10));
      })();
      await within(60_000, `the event of ${last}`, Promise.race([arrived, reading]));
    },
  };
}

/** Creates objects one after another, each until it is there, as any client would. Returns how many requests failed. */
async function write(client: Client, names: readonly string[]): Promise<number> {
  let failures = 0;
  for (const name of names) {
    for (;;) {
      try {
        await client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace } });
        break;
      } catch (error) {
        // A write whose answer was lost may have happened.
        if (hasCode(error, "API_ALREADY_EXISTS")) break;
        if (!hasCode(error, "API_UNAVAILABLE")) throw error;
        failures++;
      }
    }
  }
  return failures;
}

t.test("members of etcd die", async (t) => {
  const { etcd, client, seen } = await place(t);
  const rounds: string[] = [];
  const round = async (name: string): Promise<number> => {
    const names = Array.from({ length: 15 }, (_, i) => `${name}-${i}`);
    rounds.push(...names);
    const failures = await write(client, names);
    await seen.until(names.at(-1) as string);
    return failures;
  };
  t.equal(await round("whole"), 0);

  await t.test("one, then the leader: writes and watches go on", async (t) => {
    const leader = await etcd.leader();
    const follower = etcd.members.find((one) => one !== leader) as TemporaryMember;
    await follower.kill();
    const withoutFollower = await round("without-a-follower");
    t.ok(withoutFollower <= 1, `${withoutFollower} writes failed for the follower`);
    await follower.start();
    await leader.kill();
    const withoutLeader = await round("without-the-leader");
    t.comment(`${withoutLeader} writes failed while another leader was elected`);
    await leader.start();
    await round("whole-again");
    t.strictSame(seen.names, rounds, "the watch has seen each once, in order");
  });

  await t.test("two of three: errors that say so, and it goes on when one is back", async (t) => {
    const [first, second] = etcd.members as [TemporaryMember, TemporaryMember];
    await Promise.all([first.kill(), second.kill()]);
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "unknown-fate", namespace } } as const;
    const [written, ready, live] = await Promise.allSettled([
      client.create(ConfigMap, object),
      client.stream("GET", "/readyz"),
      client.stream("GET", "/livez"),
    ]);
    t.match(written, {
      status: "rejected",
      reason: { code: "API_UNAVAILABLE", message: /may have happened|nothing was changed/ },
    });
    t.match(ready, { status: "rejected", reason: { code: "API_UNAVAILABLE", message: /\[-\]etcd failed/ } });
    t.equal(live.status, "fulfilled", "the process itself is well");

    await second.start();
    await round("two-again");
    t.strictSame(
      seen.names.filter((name) => name !== "unknown-fate"),
      rounds,
      "nothing was lost",
    );
    const again = await client.stream("GET", "/readyz");
    t.equal(again.status, 200);
  });
});

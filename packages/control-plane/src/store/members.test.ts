import { hasCode, silentLogger } from "@drydock/kit";
import type { KVClient } from "etcd3";
import t from "tap";
import { type TemporaryMember, temporaryEtcdCluster } from "../etcd/fixtures/temporary-etcd-cluster.ts";
import { Members } from "./members.ts";
import { openStore } from "./open-store.ts";

t.test("a member that falls silent is left aside: one write pays for it, not each third", async (t) => {
  const etcd = await temporaryEtcdCluster(t);
  const store = openStore({ endpoints: etcd.endpoints, tls: etcd.tls, timeoutMs: 1_500 });
  t.teardown(() => store.close());
  let failures = 0;
  const write = async (key: string): Promise<void> => {
    try {
      await store.create(key, Buffer.from("x"));
    } catch (error) {
      if (!hasCode(error, "STORE_UNAVAILABLE")) throw error;
      t.match(error, { details: { unknownFate: true } });
      failures++;
    }
  };
  for (let i = 0; i < 10; i++) await write(`/before/${i}`);
  t.equal(failures, 0);

  const leader = await etcd.leader();
  const silent = etcd.members.find((one) => one !== leader) as TemporaryMember;
  silent.freeze();
  t.teardown(() => silent.thaw());
  for (let i = 0; i < 60; i++) await write(`/silent/${i}`);
  t.ok(failures <= 2, `${failures} of 60 writes failed`);
  t.ok((await store.list("/silent/")).items.length >= 60 - failures);
});

t.test("whom to ask", async (t) => {
  const answers = new Set<string>();
  const member = (endpoint: string) => ({
    endpoint,
    kv: {
      range: async () => {
        if (!answers.has(endpoint)) throw new Error("away");
      },
    } as unknown as KVClient,
  });
  const [a, b] = [member("a"), member("b")];
  const members = new Members([a, b], silentLogger);
  t.teardown(() => members.close());
  t.strictSame(
    [0, 0.4, 0.5, 0.99].map((random) => members.pick(() => random).endpoint),
    ["a", "a", "b", "b"],
  );
  members.leaveAside(a, new Error("no answer"));
  t.strictSame(
    [0, 0.99].map((random) => members.pick(() => random).endpoint),
    ["b", "b"],
  );
  members.leaveAside(b, new Error("no answer"));
  t.equal(members.pick(() => 0).endpoint, "a", "of those that are all away any is as good");
  answers.add("b");
  while (members.pick(() => 0) !== b) await new Promise((resolve) => setTimeout(resolve, 10));
  t.pass("one that answers again is asked again");

  const only = new Members([a], silentLogger);
  only.leaveAside(a, new Error("no answer"));
  t.equal(only.pick(), a);
});

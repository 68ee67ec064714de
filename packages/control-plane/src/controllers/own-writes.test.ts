import type { Informer, InformerHandler, Pod } from "@drydock/machinery";
import t from "tap";
import { OwnWrites } from "./own-writes.ts";
import { pod } from "./test-support/objects.ts";

/** A cache that hears of what the test tells it, when the test tells it. */
function cache() {
  const objects = new Map<string, Pod>();
  let handler: InformerHandler<Pod> = {};
  const informer = {
    get: (key: string) => objects.get(key),
    addHandler(added: InformerHandler<Pod>) {
      handler = added;
      return () => {};
    },
  } as unknown as Informer<Pod>;
  const key = (one: Pod) => `default/${one.metadata.name}`;
  return {
    informer,
    all: () => [...objects.values()],
    set(one: Pod) {
      const old = objects.get(key(one));
      objects.set(key(one), one);
      if (old === undefined) handler.added?.(one);
      else handler.updated?.(one, old);
    },
    drop(one: Pod) {
      objects.delete(key(one));
      handler.deleted?.(one, false);
    },
  };
}

t.test("what was created counts until the cache shows it, and only once", async (t) => {
  const { informer, all, set } = cache();
  const writes = new OwnWrites(informer, () => 0);
  const one = pod({ name: "one" });
  await writes.create("group", one, async () => one);
  t.same(writes.view("group", all()), [one]);
  t.same(writes.view("another", all()), []);
  t.ok(writes.has("default/one"));
  set(one);
  t.same(writes.view("group", all()), [one]);

  const two = pod({ name: "two" });
  await writes.create("group", two, async () => {
    set(two);
    return two;
  });
  t.equal(writes.view("group", all()).length, 2, "its event came before the answer");

  await writes.create("group", two, async () => two);
  t.equal(writes.view("group", all()).length, 2, "it was in the cache before");
});

t.test("a create that fails leaves nothing", async (t) => {
  const { informer } = cache();
  const writes = new OwnWrites(informer, () => 0);
  await t.rejects(
    writes.create("group", pod({ name: "one" }), () => Promise.reject(new Error("no"))),
    /no/,
  );
  t.same(writes.view("group", []), []);
  t.notOk(writes.has("default/one"));
});

t.test("what was deleted is terminating, until the cache says what became of it", async (t) => {
  const { informer, all, set, drop } = cache();
  const writes = new OwnWrites(informer, () => 0);
  const one = pod({ name: "one" });
  set(one);
  await writes.delete(one, async () => {});
  t.ok(writes.view("group", all())[0]?.metadata.deletionTimestamp);
  t.equal(all()[0]?.metadata.deletionTimestamp, undefined, "the cache's own object is as it was");
  drop(one);
  t.same(writes.view("group", all()), []);
  set({ ...one, metadata: { ...one.metadata, uid: "new" } });
  t.equal(writes.view("group", all())[0]?.metadata.deletionTimestamp, undefined, "another of the same name");
});

t.test("what no event confirms is given up", async (t) => {
  const { informer, all, set } = cache();
  let now = 0;
  const writes = new OwnWrites(informer, () => now);
  const [one, two] = [pod({ name: "one" }), pod({ name: "two" })];
  set(one);
  await writes.delete(one, async () => {});
  await writes.create("group", two, async () => two);
  now = 60_000;
  t.same(writes.view("group", all()), [one]);
});

import { Pod } from "@drydock/machinery";
import t from "tap";
import { type PatchSchema, strategicMergePatch } from "./strategic-merge-patch.ts";

const schema = Pod.schema as PatchSchema;
const apply = (target: unknown, patch: unknown) => strategicMergePatch(target, patch, schema);

const pod = {
  metadata: { labels: { a: "1", b: "2" }, finalizers: ["x/y"] },
  spec: {
    containers: [
      { name: "web", image: "web:1", args: ["a", "b"], env: [{ name: "A", value: "1" }] },
      { name: "side", image: "side:1" },
    ],
  },
};

t.test("maps merge, null removes", async (t) => {
  const patched = apply(pod, { metadata: { labels: { a: null, c: "3" } } });
  t.match(patched, { metadata: { labels: { b: "2", c: "3" } }, spec: pod.spec });
  t.notOk((patched as typeof pod).metadata.labels.a);
  t.equal(pod.metadata.labels.a, "1", "the target itself is not changed");
});

t.test("a list with a merge key is merged by it, other lists are replaced", async (t) => {
  const patched = apply(pod, {
    spec: {
      containers: [{ name: "web", image: "web:2", args: ["c"], env: [{ name: "B", value: "2" }] }, { name: "new" }],
    },
  });
  t.same((patched as typeof pod).spec.containers, [
    {
      name: "web",
      image: "web:2",
      args: ["c"],
      env: [
        { name: "A", value: "1" },
        { name: "B", value: "2" },
      ],
    },
    { name: "side", image: "side:1" },
    { name: "new" },
  ]);
});

t.test("$patch: delete takes an item out, $patch: replace takes the list as it is", async (t) => {
  const without = apply(pod, { spec: { containers: [{ name: "web", $patch: "delete" }] } });
  t.same((without as typeof pod).spec.containers, [{ name: "side", image: "side:1" }]);
  const replaced = apply(pod, { spec: { containers: [{ name: "only" }, { $patch: "replace" }] } });
  t.same((replaced as typeof pod).spec.containers, [{ name: "only" }]);
  t.same(apply(pod, { spec: { $patch: "replace", nodeName: "n" } }), { ...pod, spec: { nodeName: "n" } });
});

t.test("lists of scalars that merge: new ones are added, $deleteFromPrimitiveList removes", async (t) => {
  const added = apply(pod, { metadata: { finalizers: ["z/z", "x/y"] } });
  t.same((added as typeof pod).metadata.finalizers, ["x/y", "z/z"]);
  const removed = apply(pod, { metadata: { "$deleteFromPrimitiveList/finalizers": ["x/y"] } });
  t.same((removed as typeof pod).metadata.finalizers, []);
});

t.test("$setElementOrder orders the items that it names; $retainKeys drops the fields that it does not", async (t) => {
  const ordered = apply(pod, {
    spec: {
      "$setElementOrder/containers": [{ name: "new" }, { name: "side" }, { name: "web" }],
      containers: [{ name: "new" }],
    },
  });
  t.same(
    (ordered as typeof pod).spec.containers.map(({ name }) => name),
    ["new", "side", "web"],
  );
  t.same(apply({ metadata: { a: 1, b: 2 } }, { metadata: { $retainKeys: ["b", "c"], c: 3 } }), {
    metadata: { b: 2, c: 3 },
  });
});

t.test("an item without its key, and an unknown directive, are refused", async (t) => {
  t.throws(() => apply(pod, { spec: { containers: [{ image: "x" }] } }), {
    code: "REQUEST_BAD",
    message: /merge key: name/,
  });
  t.throws(() => apply(pod, { spec: { $patch: "burn" } }), { code: "REQUEST_BAD" });
});

t.test("a key called __proto__ is data", async (t) => {
  const patched = apply({}, JSON.parse('{"metadata":{"labels":{"__proto__":"x"}}}'));
  t.equal(JSON.stringify(patched), '{"metadata":{"labels":{"__proto__":"x"}}}');
  t.equal(({} as { labels?: unknown }).labels, undefined);
});

import type { KubeObject } from "@drydock/machinery";
import t from "tap";
import { patchOf } from "./apply.ts";
import { lastApplied, lastAppliedAnnotation, withLastApplied } from "./last-applied.ts";
import { mergePatch } from "./merge-patch.ts";
import { threeWayMerge } from "./three-way-merge.ts";

t.test("three-way merge: fields", async (t) => {
  t.same(threeWayMerge({ a: 1 }, { a: 2 }, { a: 1, other: 9 }), { a: 2, other: 9 }, "ours wins, others' stay");
  t.same(
    threeWayMerge({ a: 1, b: 1 }, { a: 1 }, { a: 1, b: 1, c: 1 }),
    { a: 1, c: 1 },
    "what is no longer written goes",
  );
  t.same(threeWayMerge({}, { a: 1 }, { a: 5, b: 1 }), { a: 1, b: 1 }, "without a past nothing is removed");
  t.same(threeWayMerge({}, { a: null }, { a: 5, b: 1 }), { b: 1 }, "null removes");
});

t.test("three-way merge: lists", async (t) => {
  const live = { containers: [{ name: "a", image: "1", pullPolicy: "Always" }, { name: "sidecar" }] };
  t.same(
    threeWayMerge({ containers: [{ name: "a", image: "1" }] }, { containers: [{ name: "a", image: "2" }] }, live),
    { containers: [{ name: "a", image: "2", pullPolicy: "Always" }, { name: "sidecar" }] },
    "items are told apart by name; defaults and what others added stay",
  );
  const last = { containers: [{ name: "a" }, { name: "sidecar" }] };
  t.same(
    (threeWayMerge(last, { containers: [{ name: "a" }] }, live) as typeof live).containers.length,
    1,
    "an item no longer written goes",
  );
  t.same(
    threeWayMerge({ args: ["x"] }, { args: ["y"] }, { args: ["x", "z"] }),
    { args: ["y"] },
    "other lists are replaced",
  );
  t.same(threeWayMerge({}, { ports: [{ containerPort: 80 }] }, { ports: [{ containerPort: 80, protocol: "TCP" }] }), {
    ports: [{ containerPort: 80, protocol: "TCP" }],
  });
});

t.test("merge patch", async (t) => {
  t.equal(mergePatch({ a: { b: [1] } }, { a: { b: [1] } }), undefined);
  t.same(mergePatch({ a: 1, b: { c: 1, d: 2 } }, { b: { c: 1, d: 3 }, e: 4 }), { a: null, b: { d: 3 }, e: 4 });
});

const manifest: KubeObject & { spec: object } = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "default" },
  spec: { containers: [{ name: "c", image: "1" }] },
};

t.test("apply twice is a change once", async (t) => {
  const wanted = withLastApplied(manifest);
  t.same(lastApplied(wanted), { ...manifest, metadata: { ...manifest.metadata, annotations: {} } });
  const live = {
    ...wanted,
    metadata: { ...wanted.metadata, uid: "u", resourceVersion: "7" },
    spec: { containers: [{ name: "c", image: "1", imagePullPolicy: "IfNotPresent" }], restartPolicy: "Always" },
  };
  t.equal(patchOf(live, wanted), undefined, "defaults of the server are no change");
  const next = withLastApplied({ ...manifest, spec: { containers: [{ name: "c", image: "2" }] } } as KubeObject);
  t.match(patchOf(live, next), {
    metadata: { resourceVersion: "7", annotations: { [lastAppliedAnnotation]: String } },
    spec: { containers: [{ name: "c", image: "2", imagePullPolicy: "IfNotPresent" }] },
  });
});

t.test("an annotation that is no JSON counts as no past", async (t) => {
  const metadata = { name: "x", annotations: { [lastAppliedAnnotation]: "{" } };
  t.same(lastApplied({ apiVersion: "v1", kind: "Pod", metadata }), {});
});

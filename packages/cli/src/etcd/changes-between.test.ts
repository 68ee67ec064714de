import t from "tap";
import { changesBetween } from "./changes-between.ts";

t.test("fields that differ, with their paths", async (t) => {
  const before = {
    metadata: { name: "web", resourceVersion: "1", managedFields: [1] },
    spec: { replicas: 1, containers: [{ name: "c", image: "a" }] },
    status: { phase: "Pending" },
  };
  const after = {
    metadata: { name: "web", resourceVersion: "2", managedFields: [2], labels: { a: "b" } },
    spec: { replicas: 1, containers: [{ name: "c", image: "b" }] },
    status: {},
  };
  t.same(changesBetween(before, after), [
    { path: "metadata.labels", after: { a: "b" } },
    { path: "spec.containers[0].image", before: "a", after: "b" },
    { path: "status.phase", before: "Pending" },
  ]);
  t.same(changesBetween(before, before), []);
  t.same(changesBetween({ list: [1] }, { list: [1, 2] }), [{ path: "list", before: [1], after: [1, 2] }]);
});

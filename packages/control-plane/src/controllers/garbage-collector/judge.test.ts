import { ConfigMap, type OwnerReference } from "@drydock/machinery";
import t from "tap";
import { judge, type OwnerState } from "./judge.ts";
import { type Deletion, type Entity, entityOf, OwnershipGraph } from "./ownership-graph.ts";

const owner = (uid: string, state: OwnerState) => ({
  reference: { apiVersion: "v1", kind: "ConfigMap", name: uid, uid } satisfies OwnerReference,
  state,
});

function entity(uid: string, owners: string[] = [], deletion: Deletion = "none", block = true): Entity {
  return {
    type: ConfigMap,
    namespace: "default",
    name: uid,
    uid,
    owners: owners.map((one) => ({ ...owner(one, "present").reference, blockOwnerDeletion: block })),
    deletion,
  };
}

t.test("what becomes of an object, by the state of its owners", async (t) => {
  const keep = { verdict: "keep" };
  t.same(judge([], [], []), keep);
  t.same(judge([owner("a", "present")], [], []), keep);
  t.same(judge([owner("a", "present"), owner("b", "absent"), owner("c", "waiting")], [], []), {
    verdict: "dropReferences",
    uids: ["b", "c"],
  });
  t.same(judge([owner("a", "absent")], [], []), {
    verdict: "delete",
    propagationPolicy: "Background",
    unblock: false,
  });
  t.match(judge([owner("a", "absent")], [], ["orphan"]), { verdict: "delete", propagationPolicy: "Orphan" });
  t.match(judge([owner("a", "waiting")], [], []), { verdict: "delete", propagationPolicy: "Background" });
  t.match(judge([owner("a", "waiting")], [entity("x")], []), {
    verdict: "delete",
    propagationPolicy: "Foreground",
    unblock: false,
  });
  t.match(judge([owner("a", "waiting")], [entity("x", [], "foreground")], []), { unblock: true }, "a cycle");
  t.same(judge([owner("a", "absent"), owner("b", "unknown")], [], []), keep, "nothing is deleted on a guess");
});

t.test("the graph knows dependents before their owner, and forgets nobody", async (t) => {
  const graph = new OwnershipGraph();
  graph.set(entity("child", ["parent"]));
  graph.set(entity("other", ["parent"], "none", false));
  t.same(
    graph.dependentsOf("parent").map(({ uid }) => uid),
    ["child", "other"],
  );
  t.same(
    graph.blockersOf("parent").map(({ uid }) => uid),
    ["child"],
  );
  graph.set(entity("parent"));
  graph.set(entity("child", []));
  t.same(
    graph.dependentsOf("parent").map(({ uid }) => uid),
    ["other"],
  );
  graph.delete("other");
  t.same(graph.dependentsOf("parent"), []);
  t.equal(graph.size, 2);
});

t.test("how far a deletion is", async (t) => {
  const deletionOf = (metadata: object) =>
    entityOf(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", ...metadata } }).deletion;
  const deletionTimestamp = "2026-01-01T00:00:00Z";
  t.equal(deletionOf({ finalizers: ["orphan"] }), "none", "a finalizer alone is no deletion");
  t.equal(deletionOf({ deletionTimestamp }), "plain");
  t.equal(deletionOf({ deletionTimestamp, finalizers: ["foregroundDeletion"] }), "foreground");
  t.equal(deletionOf({ deletionTimestamp, finalizers: ["x", "orphan"] }), "orphan");
});

import t from "tap";
import type { Kind } from "../kind.ts";
import type { KubeObject } from "../object.ts";
import { readObject, validateObject } from "../schema/read-object.ts";
import { ClusterRole } from "./cluster-role.ts";
import { ConfigMap } from "./config-map.ts";
import { ControllerRevision } from "./controller-revision.ts";
import { PriorityClass } from "./priority-class.ts";
import { Role } from "./role.ts";
import { RoleBinding } from "./role-binding.ts";

/** What is wrong with an object of these fields, after defaults. */
function errorsOf<T extends KubeObject>(kind: Kind<T>, fields: object, oldFields?: object): string[] {
  const read = (own: object): T =>
    readObject(kind, { apiVersion: "x", kind: kind.kind, metadata: { name: "x" }, ...own }).object;
  const errors = validateObject(kind, read(fields), oldFields ? read(oldFields) : undefined);
  return errors.map(({ field, message }) => `${field}: ${message}`);
}

t.test("roles", async (t) => {
  const rule = { verbs: ["get"], apiGroups: [""], resources: ["pods"] };
  t.same(errorsOf(Role, { rules: [rule] }), []);
  t.same(errorsOf(ClusterRole, { rules: [rule, { verbs: ["get"], nonResourceURLs: ["/healthz"] }] }), []);
  t.same(errorsOf(Role, { rules: [{ verbs: [] }] }), [
    "rules[0].verbs: Required value: verbs must contain at least one value",
    "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
    "rules[0].resources: Required value: resource rules must supply at least one resource",
  ]);
  t.same(errorsOf(Role, { rules: [{ verbs: ["get"], nonResourceURLs: ["/x"] }] }), [
    'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
  ]);
  t.same(errorsOf(ClusterRole, { rules: [{ ...rule, nonResourceURLs: ["/x"] }] }), [
    'rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs',
  ]);
  t.same(errorsOf(ClusterRole, { aggregationRule: {} }), [], "refused when it is read, not here");
});

t.test("bindings", async (t) => {
  const roleRef = { kind: "Role", name: "r" };
  t.same(errorsOf(RoleBinding, { roleRef, subjects: [{ kind: "User", name: "ann" }] }), []);
  t.same(errorsOf(RoleBinding, { roleRef, subjects: [{ kind: "ServiceAccount", name: "robot" }] }), [
    "subjects[0].namespace: Required value",
  ]);
  t.match(errorsOf(RoleBinding, { roleRef: { kind: "Role", name: "other" } }, { roleRef }), [
    /^roleRef: Invalid value: .*cannot change roleRef$/,
  ]);
});

t.test("config maps", async (t) => {
  t.same(errorsOf(ConfigMap, { data: { "a.conf": "x" } }), []);
  t.same(errorsOf(ConfigMap, { data: { a: "x" }, binaryData: { a: "eA==" } }), [
    'data[a]: Invalid value: "a": duplicate of key present in binaryData',
  ]);
  t.same(errorsOf(ConfigMap, { data: { a: "x".repeat(1024 * 1024 + 1) } }), [
    "data: Too long: may not be more than 1048576 bytes",
  ]);
  const fixed = { immutable: true, data: { a: "x" } };
  t.same(errorsOf(ConfigMap, fixed, fixed), []);
  t.same(errorsOf(ConfigMap, { data: { a: "y" } }, fixed), [
    "immutable: Forbidden: field is immutable when `immutable` is set",
    "data: Forbidden: field is immutable when `immutable` is set",
  ]);
});

t.test("priority classes and revisions", async (t) => {
  t.same(errorsOf(PriorityClass, { value: 1000 }), []);
  t.same(errorsOf(PriorityClass, { value: 1_000_000_001 }), [
    "value: Forbidden: maximum allowed value of a user defined priority is 1000000000",
  ]);
  t.same(errorsOf(PriorityClass, { value: 2 }, { value: 1 }), ["value: Forbidden: may not be changed in an update"]);
  t.same(errorsOf(ControllerRevision, { revision: 2, data: { a: 1 } }, { revision: 1, data: { a: 1 } }), []);
  t.same(errorsOf(ControllerRevision, { revision: -1, data: { a: 2 } }, { revision: 1, data: { a: 1 } }), [
    "revision: Invalid value: -1: must be greater than or equal to 0",
    "data: Forbidden: field is immutable",
  ]);
});

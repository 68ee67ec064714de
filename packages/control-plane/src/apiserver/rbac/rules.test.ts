import t from "tap";
import { type Action, type PolicyRule, ruleAllows, subjectMatches } from "./rules.ts";

const action = (change: Partial<Extract<Action, { isResource: true }>> = {}): Action => ({
  isResource: true,
  verb: "get",
  group: "",
  resource: "pods",
  subresource: "",
  name: "web",
  namespace: "default",
  ...change,
});
const rule = (change: Partial<PolicyRule> = {}): PolicyRule => ({
  verbs: ["get"],
  apiGroups: [""],
  resources: ["pods"],
  ...change,
});

t.test("verb, group, resource and name must all fit", async (t) => {
  t.equal(ruleAllows(rule(), action()), true);
  t.equal(ruleAllows(rule(), action({ verb: "delete" })), false);
  t.equal(ruleAllows(rule(), action({ group: "apps" })), false);
  t.equal(ruleAllows(rule(), action({ resource: "nodes" })), false);
  t.equal(ruleAllows(rule({ resourceNames: ["web"] }), action()), true);
  t.equal(ruleAllows(rule({ resourceNames: ["db"] }), action()), false);
  t.equal(ruleAllows(rule({ resourceNames: ["web"] }), action({ name: "" })), false, "a list has no name");
  t.equal(ruleAllows(rule({ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }), action({ group: "x" })), true);
});

t.test("a resource does not include its subresources", async (t) => {
  const exec = action({ subresource: "exec" });
  t.equal(ruleAllows(rule(), exec), false);
  t.equal(ruleAllows(rule({ resources: ["pods/exec"] }), exec), true);
  t.equal(ruleAllows(rule({ resources: ["*/exec"] }), exec), true);
  t.equal(ruleAllows(rule({ resources: ["*"] }), exec), true);
});

t.test("paths match whole or by prefix, and only for requests that are no resource", async (t) => {
  const paths = { verbs: ["get"], nonResourceURLs: ["/healthz", "/metrics/*"] };
  const get = (path: string): Action => ({ isResource: false, verb: "get", path });
  t.equal(ruleAllows(paths, get("/healthz")), true);
  t.equal(ruleAllows(paths, get("/healthz/etcd")), false);
  t.equal(ruleAllows(paths, get("/metrics/x")), true);
  t.equal(ruleAllows(paths, action()), false);
  t.equal(ruleAllows(rule({ verbs: ["*"], resources: ["*"], apiGroups: ["*"] }), get("/healthz")), false);
});

t.test("subjects: users, groups, service accounts of a namespace", async (t) => {
  const user = { name: "system:serviceaccount:default:bot", groups: ["dev"] };
  t.equal(subjectMatches({ kind: "User", name: user.name }, user, ""), true);
  t.equal(subjectMatches({ kind: "Group", name: "dev" }, user, ""), true);
  t.equal(subjectMatches({ kind: "Group", name: "ops" }, user, ""), false);
  t.equal(subjectMatches({ kind: "ServiceAccount", name: "bot", namespace: "default" }, user, ""), true);
  t.equal(subjectMatches({ kind: "ServiceAccount", name: "bot", namespace: "other" }, user, ""), false);
  t.equal(subjectMatches({ kind: "ServiceAccount", name: "bot" }, user, "default"), true);
});

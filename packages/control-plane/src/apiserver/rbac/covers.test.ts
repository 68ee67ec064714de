import t from "tap";
import { notCovered } from "./covers.ts";

const pods = (verbs: string[], more: object = {}) => ({ verbs, apiGroups: [""], resources: ["pods"], ...more });

t.test("what several rules hold together covers one rule that asks for all of it", async (t) => {
  const held = [pods(["get", "list"]), pods(["watch"], { resources: ["pods", "nodes"] })];
  t.same(notCovered(held, [pods(["get", "list", "watch"])]), []);
  t.same(notCovered(held, [pods(["get"], { resources: ["pods", "nodes"] })]), [
    pods(["get"], { resources: ["nodes"] }),
  ]);
});

t.test("a star is covered by a star only", async (t) => {
  t.same(notCovered([pods(["get", "list"])], [pods(["*"])]), [pods(["*"])]);
  t.same(notCovered([pods(["*"])], [pods(["*"])]), []);
  t.same(notCovered([{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }], [pods(["*"], { apiGroups: ["*"] })]), []);
  t.same(
    notCovered(
      [{ verbs: ["get"], apiGroups: [""], resources: ["*/log"] }],
      [pods(["get"], { resources: ["pods/log"] })],
    ),
    [],
  );
});

t.test("a right on named objects is none on all of them", async (t) => {
  const one = pods(["get"], { resourceNames: ["a"] });
  t.same(notCovered([one], [pods(["get"])]), [pods(["get"])]);
  t.same(notCovered([pods(["get"])], [one]), []);
  t.same(notCovered([one], [pods(["get"], { resourceNames: ["a", "b"] })]), [pods(["get"], { resourceNames: ["b"] })]);
});

t.test("paths", async (t) => {
  const held = [{ verbs: ["get"], nonResourceURLs: ["/healthz/*", "/metrics"] }];
  const urls = (...nonResourceURLs: string[]) => [{ verbs: ["get"], nonResourceURLs }];
  t.same(notCovered(held, urls("/healthz/etcd", "/healthz/*", "/metrics")), []);
  t.same(notCovered(held, urls("/*")), urls("/*"));
});

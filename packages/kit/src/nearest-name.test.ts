import t from "tap";
import { nearestName } from "./nearest-name.ts";

const kinds = ["pods", "nodes", "workloads", "namespaces", "configmaps"];

t.test("what was probably meant", async (t) => {
  for (const [typed, meant] of [
    ["pod", "pods"],
    ["ndoes", "nodes"],
    ["wrokloads", "workloads"],
    ["ConfigMap", "configmaps"],
    ["nodes", "nodes"],
  ] as const) {
    t.equal(nearestName(typed, kinds), meant, typed);
  }
});

t.test("nothing, rather than something far away", async (t) => {
  for (const typed of ["deployments", "xyzzy", ""]) t.equal(nearestName(typed, kinds), undefined, typed);
  t.equal(nearestName("pods", []), undefined);
  t.equal(nearestName("web", ["ev"]), undefined, "two of three letters wrong is another name");
});

t.test("the first of equals, so that the answer is always the same", async (t) => {
  t.equal(nearestName("ab", ["aa", "bb"]), "aa");
});

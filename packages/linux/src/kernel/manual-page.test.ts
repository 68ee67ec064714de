import t from "tap";
import { named } from "../program/operands.ts";
import { manualPages } from "./manual-page.ts";

t.test("the page of the call, and of the idea", async (t) => {
  t.same(manualPages({ name: "pivot_root", args: [".", "."], why: "" }), ["pivot_root(2)"]);
  t.same(manualPages({ name: "mount", args: [0, "/", 0, named("MS_REC|MS_PRIVATE", 1), 0], why: "" }), [
    "mount(2)",
    "mount_namespaces(7)",
  ]);
  t.same(manualPages({ name: "clone3", args: [], why: "in its own namespaces: CLONE_NEWPID" }), [
    "clone(2)",
    "namespaces(7)",
  ]);
  t.same(manualPages({ name: "label", args: [], why: "" }), []);
  t.same(manualPages({ name: "sched_setattr", args: [0, named("{SCHED_BATCH}", 0), 0], why: "" }), [
    "sched_setattr(2)",
    "sched(7)",
  ]);
  t.same(manualPages({ name: "readlinkat", args: [], why: "of a new user namespace" }), [
    "readlink(2)",
    "user_namespaces(7)",
  ]);
});

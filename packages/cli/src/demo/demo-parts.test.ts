import { PassThrough } from "node:stream";
import t from "tap";
import { difference } from "./leftovers.ts";
import { Narrator, wrap } from "./narrator.ts";

t.test("wraps at spaces", async (t) => {
  t.same(wrap("one two  three", 7), ["one two", "three"]);
  t.same(wrap("unbreakable", 4), ["unbreakable"]);
  t.same(wrap("", 4), []);
});

t.test("what is left is what was not there before", async (t) => {
  const nothing = { processes: [], mounts: [], interfaces: [], cgroups: [] };
  const before = { ...nothing, mounts: ["/", "/proc"] };
  const after = { ...nothing, mounts: ["/", "/tmp/x"], interfaces: ["dd-1"] };
  t.same(difference(before, after), { ...nothing, mounts: ["/tmp/x"], interfaces: ["dd-1"] });
});

t.test("a story has numbered steps and ends with their times", async (t) => {
  const out = new PassThrough();
  const narrator = new Narrator(out);
  t.equal(await narrator.step("First", "because", async () => 7), 7);
  await t.rejects(
    narrator.step("Second", "it fails", async () => {
      throw new Error("no");
    }),
    { message: "no" },
  );
  narrator.summary();
  const told = out.read().toString();
  t.match(told, /1\. First\n {3}because/);
  t.match(told, /STEP +TIME\n 1\. First +0\.\d\d s\n/);
  t.notMatch(told, /2\. Second +\d/, "a step that failed has no time");
});

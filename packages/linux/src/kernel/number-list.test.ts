import t from "tap";
import { numberMask, parseNumberList } from "./number-list.ts";

t.test("lists of CPUs and memory nodes", async (t) => {
  t.strictSame(parseNumberList("0-3,7"), [0, 1, 2, 3, 7]);
  t.strictSame(parseNumberList(" 5 "), [5]);
  for (const bad of ["", "3-1", "a", "1,,2", "-1", "1-"]) t.equal(parseNumberList(bad), undefined, bad);
});

t.test("as bits", async (t) => {
  t.equal(numberMask([0, 1, 2, 3, 7]).toString("hex"), "8f00000000000000");
  t.equal(numberMask([64]).toString("hex"), "00000000000000000100000000000000");
});

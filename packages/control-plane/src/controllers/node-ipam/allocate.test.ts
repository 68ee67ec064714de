import t from "tap";
import { freeRange, rangeOf } from "./allocate.ts";

t.test("the first free /24, never the nodes' own", async (t) => {
  t.equal(freeRange("10.88.0.0/16", []), "10.88.1.0/24");
  t.equal(freeRange("10.88.0.0/16", ["10.88.1.0/24", "10.88.3.0/24"]), "10.88.2.0/24");
  t.equal(freeRange("10.88.0.0/16", ["10.88.0.0/21"]), "10.88.8.0/24", "a larger range takes all that it covers");
  t.equal(freeRange("10.88.0.0/16", ["10.88.1.64/26"]), "10.88.2.0/24", "and a smaller one the whole");
  t.equal(freeRange("10.88.0.0/16", ["rubbish", "10.244.0.0/16"]), "10.88.1.0/24", "others do not matter");
});

t.test("a network that is full, too small, or none", async (t) => {
  t.equal(freeRange("10.88.0.0/23", ["10.88.1.0/24"]), undefined);
  t.equal(freeRange("10.88.0.0/24", []), undefined);
  t.equal(freeRange("nonsense", []), undefined);
  for (const text of ["10.0.0/8", "10.0.0.256/24", "10.0.0.0/33", "10.0.0.0"]) t.equal(rangeOf(text), undefined, text);
});

import t from "tap";
import { findDuplicateKeys } from "./duplicate-keys.ts";

t.test("names each key that is stated twice, with its path", async (t) => {
  t.same(findDuplicateKeys('{"a":1,"b":{"c":[{"d":1},{"d":1,"d":2}]},"a":2}'), ["b.c[1].d", "a"]);
});

t.test("the same key in different objects, and braces and escapes inside strings, are no duplicates", async (t) => {
  t.same(findDuplicateKeys('{"a":{"x":1},"b":{"x":"{\\"x\\":1,\\\\"},"c":["x","x",[1,2]]}'), []);
});

t.test("an escaped spelling of a key is the same key", async (t) => {
  t.same(findDuplicateKeys('{"a":1,"\\u0061":2}'), ["a"]);
});

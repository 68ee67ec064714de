import t from "tap";
import { jsonPatch } from "./json-patch.ts";

t.test("applies operations to a copy", async (t) => {
  const target = { a: { b: [1, 2] } };
  const patched = jsonPatch(target, [
    { op: "test", path: "/a/b/0", value: 1 },
    { op: "add", path: "/a/b/-", value: 3 },
    { op: "copy", from: "/a/b", path: "/c" },
    { op: "move", from: "/a/b/0", path: "/d" },
    { op: "remove", path: "/c/1" },
  ]);
  t.same(patched, { a: { b: [2, 3] }, c: [1, 3], d: 1 });
  t.same(target, { a: { b: [1, 2] } });
});

t.test("what does not fit is refused with the place of the operation", async (t) => {
  const refuse = (patch: unknown) => () => jsonPatch({ a: 1 }, patch);
  t.throws(
    refuse([
      { op: "test", path: "/a", value: 1 },
      { op: "test", path: "/a", value: 2 },
    ]),
    {
      code: "REQUEST_INVALID",
      message: /operation 1: TEST_OPERATION_FAILED/,
    },
  );
  t.throws(refuse([{ op: "remove", path: "/none" }]), { code: "REQUEST_INVALID" });
  t.throws(refuse([{ op: "jump", path: "/a" }]), { code: "REQUEST_INVALID" });
  t.throws(refuse([null]), { code: "REQUEST_INVALID" });
  t.throws(refuse([{ op: "add", path: "/__proto__/x", value: 1 }]), { code: "REQUEST_INVALID" });
  t.throws(refuse([{ op: "move", from: "", path: "/a/b" }]), { code: "REQUEST_INVALID", message: /moved into itself/ });
  t.throws(refuse({ op: "add" }), { code: "REQUEST_BAD" });
  t.throws(refuse(Array.from({ length: 10_001 }, () => ({}))), { code: "REQUEST_BAD", message: /10000/ });
});

t.test("copies that double the object again and again end early", async (t) => {
  const bomb = Array.from({ length: 64 }, (_, i) => ({ op: "copy", from: "", path: `/c${i}` }));
  t.throws(() => jsonPatch({ a: "x".repeat(100) }, bomb), { code: "REQUEST_TOO_LARGE" });
});

import fc from "fast-check";
import t from "tap";
import { Pod } from "../kinds/pod/pod.ts";
import { pod } from "../test-support/scripted-server.ts";
import { type FieldRequirement, fieldMatcher, formatFieldSelector, parseFieldSelector } from "./field-selector.ts";

t.test("reads terms and escapes", async (t) => {
  t.same(parseFieldSelector(""), []);
  t.same(parseFieldSelector("spec.nodeName=node-1,status.phase!=Running,a==b"), [
    { field: "spec.nodeName", equal: true, value: "node-1" },
    { field: "status.phase", equal: false, value: "Running" },
    { field: "a", equal: true, value: "b" },
  ]);
  t.same(parseFieldSelector("a=x\\,y\\=z\\\\"), [{ field: "a", equal: true, value: "x,y=z\\" }]);
  for (const text of ["a", "=b", "a=b=c"]) t.throws(() => parseFieldSelector(text), { code: "SELECTOR_INVALID" }, text);
});

t.test("matches by the fields of a kind, and refuses others by name", async (t) => {
  const web = pod("web", 1, "node-1");
  const matches = (text: string): boolean => fieldMatcher(Pod, parseFieldSelector(text))(web);
  t.ok(matches("metadata.name=web,metadata.namespace=default,spec.nodeName=node-1"));
  t.ok(matches("status.phase="));
  t.notOk(matches("spec.nodeName!=node-1"));
  t.throws(() => matches("spec.containers=web"), {
    code: "SELECTOR_INVALID",
    message: "field label not supported: spec.containers",
  });
});

t.test("what is formatted is read back", async (t) => {
  const requirement: fc.Arbitrary<FieldRequirement> = fc.record({
    field: fc.stringMatching(/^[a-z][a-z.]{0,8}$/),
    equal: fc.boolean(),
    value: fc.string({ maxLength: 8 }),
  });
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 3 }), (requirements) => {
      t.same(parseFieldSelector(formatFieldSelector(requirements)), requirements);
    }),
  );
});

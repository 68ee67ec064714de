import fc from "fast-check";
import t from "tap";
import { formatLabelRequirements, type LabelRequirement, matchesLabels } from "./label-requirement.ts";
import { formatLabelSelector, matchesLabelSelector } from "./label-selector.ts";
import { parseLabelSelector } from "./parse-label-selector.ts";

t.test("reads the grammar of Kubernetes", async (t) => {
  t.same(parseLabelSelector(""), []);
  t.same(parseLabelSelector("  "), []);
  t.same(parseLabelSelector("app=web, tier in (a,b) ,!canary,x!=1,y notin (),example.com/z, n>5,m<-2,e="), [
    { key: "app", operator: "in", values: ["web"] },
    { key: "tier", operator: "in", values: ["a", "b"] },
    { key: "canary", operator: "absent" },
    { key: "x", operator: "notin", values: ["1"] },
    { key: "y", operator: "notin", values: [""] },
    { key: "example.com/z", operator: "exists" },
    { key: "n", operator: "gt", value: 5 },
    { key: "m", operator: "lt", value: -2 },
    { key: "e", operator: "in", values: [""] },
  ]);
  t.same(parseLabelSelector("a==b"), parseLabelSelector("a=b"));
  t.same(parseLabelSelector("in=notin"), [{ key: "in", operator: "in", values: ["notin"] }]);
});

t.test("says where it does not understand", async (t) => {
  for (const text of [
    "=a",
    "a,",
    ",a",
    "a b",
    "in (a",
    "x in a",
    "x in (a",
    "x in (a b)",
    "a=b=c",
    "!",
    "!a=b",
    "n>x",
    "a=-b",
    "-a=b",
  ]) {
    t.throws(() => parseLabelSelector(text), { code: "SELECTOR_INVALID" }, text);
  }
});

t.test("matches", async (t) => {
  const labels = { app: "web", n: "7" };
  const yes = ["", "app", "app=web", "app in (x,web)", "!z", "z!=1", "z notin (a)", "n>6", "n<8", "app,n"];
  const no = ["z", "app=x", "app!=web", "app notin (web)", "!app", "z=", "n>7", "app>1", "app,z", "constructor"];
  for (const text of yes) t.ok(matchesLabels(parseLabelSelector(text), labels), text);
  for (const text of no) t.notOk(matchesLabels(parseLabelSelector(text), labels), text);
});

t.test("a selector of an object", async (t) => {
  const selector = {
    matchLabels: { b: "2", a: "1" },
    matchExpressions: [
      { key: "tier", operator: "In" as const, values: ["y", "x"] },
      { key: "z", operator: "DoesNotExist" as const },
    ],
  };
  t.equal(formatLabelSelector(selector), "a=1,b=2,tier in (x,y),!z");
  t.ok(matchesLabelSelector(selector, { a: "1", b: "2", tier: "x" }));
  t.notOk(matchesLabelSelector(selector, { a: "1", b: "2", tier: "x", z: "" }));
  t.notOk(matchesLabelSelector(undefined, {}), "none selects nothing");
  t.ok(matchesLabelSelector({}, undefined), "an empty one selects everything");
});

const word = fc.stringMatching(/^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,5}[a-zA-Z0-9])?$/);
const key = word.filter((text) => text !== "in" && text !== "notin");
const requirement: fc.Arbitrary<LabelRequirement> = fc.oneof(
  fc.record({
    key,
    operator: fc.constantFrom("in" as const, "notin" as const),
    // Formatting sorts values, so that equal selectors have equal texts.
    values: fc.uniqueArray(word, { minLength: 1, maxLength: 3 }).map((values) => values.sort()),
  }),
  fc.record({ key, operator: fc.constantFrom("exists" as const, "absent" as const) }),
  fc.record({ key, operator: fc.constantFrom("gt" as const, "lt" as const), value: fc.integer() }),
);

t.test("what is formatted is read back", async (t) => {
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 4 }), (requirements) => {
      t.same(parseLabelSelector(formatLabelRequirements(requirements)), requirements);
    }),
  );
});

t.test("any text is read or refused in words", async () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        return Array.isArray(parseLabelSelector(text));
      } catch (error) {
        return error instanceof Error && "code" in error && error.code === "SELECTOR_INVALID";
      }
    }),
  );
});

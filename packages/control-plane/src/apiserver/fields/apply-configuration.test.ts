import type { JsonSchema } from "@drydock/machinery";
import fc from "fast-check";
import t from "tap";
import { applyConfiguration } from "./apply-configuration.ts";
import { compareFields } from "./compare-fields.ts";
import { checkItems, printPath } from "./elements.ts";
import { FieldSet } from "./field-set.ts";
import { fieldsOf } from "./fields-of.ts";
import { type Managers, readManagers, writeManagers } from "./managers.ts";
import { trackUpdate } from "./track-update.ts";

const text: JsonSchema = { type: "string" };
const map: JsonSchema = { type: "object", additionalProperties: text };
const schema: JsonSchema = {
  type: "object",
  properties: {
    size: { type: "integer" },
    labels: map,
    whole: { ...map, "x-kubernetes-map-type": "atomic" },
    args: { type: "array", items: text, "x-kubernetes-list-type": "atomic" },
    tags: { type: "array", items: text, "x-kubernetes-list-type": "set" },
    inner: { type: "object", properties: { a: text, b: text } },
    items: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name", "kind"],
      items: {
        type: "object",
        properties: { name: text, kind: { ...text, default: "plain" }, value: text, env: map },
      },
    },
  },
};

type Value = Record<string, unknown>;
interface State {
  object: Value;
  managers: Managers;
}
const empty: State = { object: {}, managers: new Map() };
const writer = (manager: string, operation: "Apply" | "Update") => ({
  manager,
  operation,
  apiVersion: "v1",
  subresource: "",
  time: "2026-01-01T00:00:00Z",
});

function apply({ object, managers }: State, manager: string, configuration: Value, force = false): State {
  return applyConfiguration({ schema, live: object, configuration, managers, by: writer(manager, "Apply"), force });
}

function update({ object, managers }: State, manager: string, next: Value): State {
  return { object: next, managers: trackUpdate(schema, object, next, managers, writer(manager, "Update")) };
}

function fieldsBy({ managers }: State, manager: string): string[] {
  const found = [...managers.values()].find((one) => one.manager === manager);
  return [...(found?.fields.paths() ?? [])].map(printPath);
}

t.test("what is stated is merged by key and owned; what is left out later is gone", async (t) => {
  const first = apply(empty, "me", {
    labels: { a: "1", b: "2" },
    items: [{ name: "x", value: "1" }, { name: "y" }],
    tags: ["t"],
    inner: {},
  });
  t.same(fieldsBy(first, "me"), [
    ".inner",
    '.items[kind="plain",name="x"]',
    '.items[kind="plain",name="x"].name',
    '.items[kind="plain",name="x"].value',
    '.items[kind="plain",name="y"]',
    '.items[kind="plain",name="y"].name',
    ".labels.a",
    ".labels.b",
    '.tags[="t"]',
  ]);
  const second = apply(first, "me", { labels: { a: "1" }, items: [{ name: "z" }, { name: "x" }] });
  t.same(second.object, { labels: { a: "1" }, items: [{ name: "z" }, { name: "x" }] });
});

t.test("others' fields stay, and are taken over by force only", async (t) => {
  const mine = apply(empty, "me", { size: 1, labels: { a: "1" }, items: [{ name: "x", value: "1" }] });
  t.throws(() => apply(mine, "you", { size: 2, items: [{ name: "x", value: "2" }] }), {
    code: "REQUEST_CONFLICT",
    message: 'Apply failed with 2 conflicts: conflicts with "me":\n- .items[kind="plain",name="x"].value\n- .size',
    details: {
      causes: [
        { reason: "FieldManagerConflict", message: 'conflict with "me"', field: '.items[kind="plain",name="x"].value' },
        { reason: "FieldManagerConflict", message: 'conflict with "me"', field: ".size" },
      ],
    },
  });
  const shared = apply(mine, "you", { size: 1, labels: { b: "2" } });
  t.same(fieldsBy(shared, "you"), [".labels.b", ".size"], "the same value is shared");
  t.same(apply(shared, "you", {}).object, mine.object, "what is shared stays with the other");
  const forced = apply(mine, "you", { size: 2 }, true);
  t.equal(forced.object.size, 2);
  t.notOk(fieldsBy(forced, "me").includes(".size"));
  t.same(apply(forced, "me", {}).object, { size: 2 }, "and is no longer taken away by its former owner");
});

t.test("an updater takes what it changes, and an applier's list item with another's field in it stays", async (t) => {
  const applied = apply(empty, "me", { size: 1, items: [{ name: "x", value: "1" }] });
  const scaled = update(applied, "scaler", { ...applied.object, size: 5 });
  t.same(fieldsBy(scaled, "scaler"), [".size"]);
  t.throws(() => apply(scaled, "me", { size: 1 }), {
    message: 'Apply failed with 1 conflict: conflict with "scaler" using v1 at 2026-01-01T00:00:00Z: .size',
  });
  const touched = update(applied, "hand", { ...applied.object, items: [{ name: "x", value: "1", env: { A: "b" } }] });
  t.same(apply(touched, "me", {}).object, { items: [{ name: "x", env: { A: "b" } }] }, "known by its key still");
  const removed = update(touched, "hand", { size: 1 });
  t.same(fieldsBy(removed, "me"), [".size"], "nobody owns what is not there");
});

t.test("items keep the order in which they are stated, others their place among them", async (t) => {
  const names = (state: State) => (state.object.items as { name: string }[]).map(({ name }) => name).join("");
  const live = update(empty, "hand", { items: ["a", "b", "c"].map((name) => ({ name })) });
  t.equal(names(apply(live, "me", { items: [{ name: "c" }, { name: "a" }] })), "cab");
  t.equal(names(apply(live, "me", { items: [{ name: "n" }, { name: "b" }] })), "anbc");
  t.equal(names(apply(live, "me", { items: [{ name: "b" }, { name: "n" }] })), "abcn");
});

t.test("items that cannot be told apart are refused by their path", async (t) => {
  const twice = { items: [{ name: "x" }, { name: "x", kind: "plain" }] };
  t.throws(() => checkItems(schema, twice), { message: '.items: duplicate entries for key [kind="plain",name="x"]' });
  t.throws(() => checkItems(schema, { items: [{ value: "x" }] }), {
    message: /\.items: element 0: .* omits a key field/,
  });
});

const word = fc.constantFrom("a", "b", "c");
const words = fc.dictionary(word, word);
const part = {
  size: fc.integer({ min: 0, max: 3 }),
  labels: words,
  whole: words,
  args: fc.array(word, { maxLength: 2 }),
  tags: fc.uniqueArray(word, { maxLength: 3 }),
  inner: fc.record({ a: word, b: word }, { requiredKeys: [] }),
  items: fc.uniqueArray(
    fc.record(
      { name: word, kind: fc.constantFrom("plain", "other"), value: word, env: words },
      { requiredKeys: ["name"] },
    ),
    { maxLength: 3, selector: ({ name, kind = "plain" }) => `${name}/${kind}` },
  ),
};
const value = fc.record(part, { requiredKeys: [] }) as fc.Arbitrary<Value>;
const step = fc.record({
  manager: fc.constantFrom("me", "you", "they"),
  kind: fc.constantFrom("apply", "force", "update"),
  value,
});

/** Is every field of the set a part of the object? An object that has fields is one itself. */
function isIn(fields: FieldSet, object: Value): boolean {
  const all = fieldsOf(schema, object);
  return [...fields.paths()].every((path) => {
    let node: FieldSet | undefined = all;
    for (const element of path) node = node?.children.get(element);
    return node !== undefined;
  });
}

t.test("whatever is applied and updated in whatever order", async () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      let state = empty;
      for (const { manager, kind, value: wanted } of steps) {
        const before = state;
        if (kind === "update") {
          state = update(state, manager, wanted);
        } else {
          try {
            state = apply(state, manager, wanted, kind === "force");
          } catch (error) {
            if ((error as { code?: string }).code !== "REQUEST_CONFLICT" || kind === "force") throw error;
            continue;
          }
          const stated = fieldsOf(schema, wanted);
          const { changed } = compareFields(schema, state.object, applyAll(state.object, wanted));
          if (!changed.isEmpty) throw new Error("a stated field has another value");
          for (const [identity, other] of before.managers) {
            if (kind === "force" || (other.manager === manager && other.operation === "Apply")) continue;
            const after = compareFields(schema, before.object, state.object);
            if (!after.changed.intersection(other.fields).isEmpty)
              throw new Error(`${identity} lost a value without force`);
            if (!after.removed.intersection(other.fields).isEmpty) throw new Error(`${identity} lost a field`);
          }
          const again = apply(state, manager, wanted);
          if (!compareFields(schema, state.object, again.object).changed.isEmpty) throw new Error("not idempotent");
          if (JSON.stringify(again.object) !== JSON.stringify(state.object)) throw new Error("not idempotent");
          if (
            !stated.equals(
              [...state.managers.values()].find((one) => one.manager === manager && one.operation === "Apply")
                ?.fields ?? new FieldSet(),
            )
          )
            throw new Error("the applier does not own exactly what it states");
        }
        for (const { fields } of state.managers.values()) {
          if (!isIn(fields, state.object)) throw new Error("somebody owns what is not there");
        }
      }
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 1500) },
  );
});

/** What the object would be if the configuration were merged into it once more. */
function applyAll(object: Value, configuration: Value): Value {
  return apply({ object, managers: new Map() }, "nobody", configuration, true).object;
}

t.test("a set of fields survives its text, and a comparison tells the whole difference", async () => {
  fc.assert(
    fc.property(value, value, (a, b) => {
      const before = fieldsOf(schema, a);
      const after = fieldsOf(schema, b);
      const { changed, removed } = compareFields(schema, a, b);
      const back = FieldSet.fromJson(JSON.parse(JSON.stringify(before.toJson())));
      const now = before.difference(removed).union(changed);
      return back.equals(before) && after.difference(now).isEmpty && isIn(now, b);
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 1000) },
  );
});

t.test("owners as objects carry them: in order, and no more than a few updaters", async (t) => {
  let state = empty;
  for (let i = 0; i < 15; i++) {
    const time = `2026-01-01T00:00:${String(i).padStart(2, "0")}Z`;
    const object = { ...state.object, labels: { ...(state.object.labels as object), [`k${i}`]: "v" } };
    const by = { ...writer(`m${i}`, "Update"), time };
    state = { object, managers: trackUpdate(schema, state.object, object, state.managers, by) };
  }
  state = apply(state, "applier", { size: 1 });
  const entries = writeManagers(state.managers);
  t.same(
    entries.map(({ manager }) => manager),
    ["applier", "ancient-changes", "m6", "m7", "m8", "m9", "m10", "m11", "m12", "m13", "m14"],
  );
  t.same(Object.keys((entries[1]?.fieldsV1?.["f:labels"] as object) ?? {}).length, 6);
  t.equal(readManagers(entries).size, 11);
});

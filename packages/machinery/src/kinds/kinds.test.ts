import t from "tap";
import type { Kind } from "../kind.ts";
import type { JsonSchema } from "../schema/json-schema.ts";
import { readObject, validateObject } from "../schema/read-object.ts";
import { builtinKinds } from "./all.ts";
import { humanDuration } from "./human-duration.ts";
import { requestBodies } from "./requests/all.ts";
import { reviewKinds } from "./reviews/all.ts";
import { Secret } from "./secret.ts";
import { unsupportedFields } from "./unsupported-fields.ts";

/** Every schema below a kind, with its path. */
function* schemasOf(schema: JsonSchema, path: string): Generator<[string, JsonSchema]> {
  yield [path, schema];
  for (const [name, inner] of Object.entries(schema.properties ?? {})) yield* schemasOf(inner, `${path}.${name}`);
  if (schema.items) yield* schemasOf(schema.items, `${path}[]`);
  if (typeof schema.additionalProperties === "object") yield* schemasOf(schema.additionalProperties, `${path}[*]`);
}

for (const kind of builtinKinds) {
  t.test(`${kind.kind} has a structural schema that is described throughout`, async (t) => {
    for (const [path, schema] of schemasOf(kind.schema, kind.plural)) {
      const isTyped = schema.type !== undefined || schema["x-kubernetes-int-or-string"] === true;
      if (!isTyped) t.fail(`${path} has no type`);
      if (schema.type === "array" && !schema.items) t.fail(`${path} has no items`);
      if (!schema.description && !/\[[\]*]*\]$/.test(path)) t.fail(`${path} is not described`);
      for (const key of schema["x-kubernetes-list-map-keys"] ?? []) {
        if (!schema.items?.properties?.[key]) t.fail(`${path}: items have no field ${key}`);
      }
      const inBoth = (schema["x-drydock-unsupported"] ?? []).filter((field) => schema.properties?.[field]);
      t.same(inBoth, [], `${path}: nothing is both there and not supported`);
    }
  });

  t.test(`the columns of ${kind.kind} bear an object that has only what it must`, async (t) => {
    const object = sparse(kind);
    for (const column of kind.columns) t.not(column.value(object as never, Date.now()), undefined, column.name);
    for (const [field, get] of Object.entries(kind.selectableFields)) t.type(get(object as never), "string", field);
  });
}

/** The least that a schema allows. */
function sparse(kind: Kind): object {
  const build = (schema: JsonSchema): unknown => {
    if (schema.enum) return schema.enum[0];
    if (schema.type === "array") return schema.minItems && schema.items ? [build(schema.items)] : [];
    if (schema.type === "string") return "";
    if (schema.type === "integer" || schema["x-kubernetes-int-or-string"]) return 0;
    if (schema.type === "boolean") return false;
    const fields = (schema.required ?? []).map((name) => [name, build(schema.properties?.[name] ?? {})]);
    return Object.fromEntries(fields);
  };
  return { ...(build(kind.schema) as object), metadata: { name: "x" } };
}

t.test("each kind has its own names", async (t) => {
  for (const names of [
    builtinKinds.map(({ group, plural }) => `${plural}.${group}`),
    builtinKinds.map(({ kind }) => kind),
    builtinKinds.flatMap(({ shortNames }) => shortNames),
  ]) {
    t.equal(new Set(names).size, names.length, names.join(" "));
  }
});

t.test("every entry of the unsupported fields is used", async (t) => {
  const names = new Set<string>();
  for (const kind of [...builtinKinds, ...reviewKinds, ...requestBodies]) {
    for (const [, schema] of schemasOf(kind.schema, "")) {
      names.add(schema["x-drydock-definition"]?.split(".").at(-1) ?? "");
    }
  }
  for (const name of Object.keys(unsupportedFields)) t.ok(names.has(name), name);
});

t.test("ages are written as kubectl does", async (t) => {
  const second = 1000;
  const minute = 60 * second;
  const hour = 60 * minute;
  const day = 24 * hour;
  const table: [number, string][] = [
    [-3 * second, "<invalid>"],
    [-0.5 * second, "0s"],
    [0, "0s"],
    [119 * second, "119s"],
    [2 * minute, "2m"],
    [9 * minute + 59 * second, "9m59s"],
    [10 * minute + 1 * second, "10m"],
    [179 * minute, "179m"],
    [3 * hour, "3h"],
    [7 * hour + 59 * minute, "7h59m"],
    [8 * hour + 1 * minute, "8h"],
    [47 * hour, "47h"],
    [48 * hour, "2d"],
    [2 * day + 5 * hour, "2d5h"],
    [8 * day + 5 * hour, "8d"],
    [729 * day, "729d"],
    [730 * day, "2y"],
    [2 * 365 * day + 3 * day, "2y3d"],
    [9 * 365 * day + 3 * day, "9y"],
  ];
  for (const [ms, text] of table) t.equal(humanDuration(ms), text, `${ms / second} s`);
});

t.test("a Secret takes text and stores bytes, and keeps what it is for", async (t) => {
  const read = (secret: object) =>
    readObject(Secret, { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, ...secret });
  const { object } = read({ stringData: { a: "ä" }, data: { b: "Yg==" } });
  t.same(object.data, { a: "w6Q=", b: "Yg==" });
  t.equal(object.stringData, undefined);
  t.equal(object.type, "Opaque");
  t.same(validateObject(Secret, object), []);
  const [changed] = validateObject(Secret, { ...object, type: "tls" }, object);
  t.equal(changed?.message, 'Invalid value: "tls": field is immutable');
  t.same(
    validateObject(Secret, read({ data: { "a/b": "?" } }).object).map(({ field }) => field),
    ["data[a/b]", "data[a/b]"],
  );
  const fixed = { ...object, immutable: true };
  t.same(
    validateObject(Secret, { ...object, data: {} }, fixed).map(({ field }) => field),
    ["immutable", "data"],
  );
});

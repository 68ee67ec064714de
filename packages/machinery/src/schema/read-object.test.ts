import t from "tap";
import { Pod } from "../kinds/pod/pod.ts";
import { Workload } from "../kinds/workload/workload.ts";
import { checkValues } from "./check-values.ts";
import { applySchemaDefaults } from "./defaults.ts";
import type { JsonSchema } from "./json-schema.ts";
import { readObject, validateObject } from "./read-object.ts";
import { pruneUnknownFields } from "./unknown-fields.ts";

const workload = (spec: object, template: object = {}): unknown => ({
  apiVersion: "drydock.dev/v1",
  kind: "Workload",
  metadata: { name: "web" },
  spec: { template: { spec: { containers: [{ name: "web", image: "web:1" }], ...template } }, ...spec },
});

t.test("unknown fields: removed, with their path and the nearest real name", async (t) => {
  const { object, unknown, errors } = readObject(Workload, workload({ replcas: 3, zzzzzzz: 1 }, { contianers: [] }));
  t.same(
    unknown.map(({ message }) => message),
    [
      'unknown field "spec.template.spec.contianers", did you mean "spec.template.spec.containers"?',
      'unknown field "spec.replcas", did you mean "spec.replicas"?',
      'unknown field "spec.zzzzzzz"',
    ],
  );
  t.same(errors, []);
  t.notOk("replcas" in object.spec);
});

t.test("a field of Kubernetes that we do not do is an error, not a warning", async (t) => {
  const { unknown, errors } = readObject(Workload, workload({}, { hostname: "x", hostAliases: [], affinity: null }));
  t.same(unknown, [], "empty and null say nothing");
  t.same(errors, [
    {
      field: "spec.template.spec.hostname",
      reason: "FieldValueForbidden",
      message: "Forbidden: this field of Kubernetes is not supported by Drydock",
    },
  ]);
});

t.test("what stock tools send with its default value is accepted", async (t) => {
  const { unknown, errors } = readObject(Pod, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", creationTimestamp: null, labels: { run: "web" } },
    spec: {
      containers: [
        {
          name: "web",
          image: "web:1",
          resources: {},
          terminationMessagePath: "/dev/termination-log",
          terminationMessagePolicy: "File",
          stdin: false,
        },
      ],
      dnsPolicy: "ClusterFirst",
      restartPolicy: "Always",
      securityContext: {},
      schedulerName: "default-scheduler",
      enableServiceLinks: true,
      hostNetwork: false,
    },
    status: {},
  });
  t.same({ unknown, errors }, { unknown: [], errors: [] });
});

t.test("any other value of such a field is refused", async (t) => {
  const { object } = readObject(Workload, workload({}, { hostNetwork: true, dnsPolicy: "Default" }));
  t.same(
    validateObject(Workload, object).map(({ field, message }) => `${field}: ${message}`),
    [
      "spec.template.spec.hostNetwork: Unsupported value: true: supported values: false",
      'spec.template.spec.dnsPolicy: Unsupported value: "Default": supported values: "ClusterFirst"',
    ],
  );
});

t.test("wrong types come first, and keep defaults and rules from running", async (t) => {
  const { errors } = readObject(Workload, workload({ replicas: "3", template: [] }));
  t.same(
    errors.map(({ field, reason, message }) => [field, reason, message]),
    [
      ["spec.template", "FieldValueTypeInvalid", "Invalid value: []: must be of type object, not array"],
      ["spec.replicas", "FieldValueTypeInvalid", 'Invalid value: "3": must be of type integer, not string'],
    ],
  );
  for (const value of [null, 1, "x", [], { metadata: 3 }, { spec: null }]) {
    const read = readObject(Workload, value);
    t.ok(read.errors.length > 0 || validateObject(Workload, read.object).length > 0, JSON.stringify(value));
  }
});

t.test("quantities become canonical, also when they are numbers; others are errors with a path", async (t) => {
  const container = {
    name: "a",
    image: "a:1",
    resources: { limits: { cpu: 0.5, memory: "1024Mi" }, requests: { cpu: "much" } },
  };
  const { object, errors } = readObject(Workload, workload({}, { containers: [container] }));
  t.same(object.spec.template.spec.containers[0]?.resources?.limits, { cpu: "500m", memory: "1Gi" });
  const [error] = errors;
  t.equal(error?.field, "spec.template.spec.containers[0].resources.requests.cpu");
  t.match(error?.message, /^Invalid value: "much": quantities must be/);
});

t.test("limits, enums, formats", async (t) => {
  const schema: JsonSchema = {
    type: "object",
    required: ["must"],
    properties: {
      must: { type: "string", minLength: 1 },
      number: { type: "integer", minimum: 0, maximum: 5 },
      small: { type: "integer", format: "int32" },
      word: { type: "string", enum: ["a", "b"] },
      time: { type: "string", format: "date-time" },
      bytes: { type: "string", format: "byte" },
      pattern: { type: "string", pattern: "^x+$", maxLength: 3 },
      list: { type: "array", minItems: 1, maxItems: 2, items: { type: "integer" } },
      map: { type: "object", additionalProperties: { type: "string" } },
      either: { "x-kubernetes-int-or-string": true },
      maybe: { type: "string", nullable: true },
    },
  };
  const errorsOf = (value: object): string[] =>
    checkValues(schema, value).map(({ field, message }) => `${field}: ${message}`);
  const good = {
    must: "x",
    number: 5,
    small: -1,
    word: "a",
    time: "2026-01-02T03:04:05.678+01:00",
    bytes: "aGk=",
    pattern: "xxx",
    list: [1],
    map: { k: "v" },
    either: "50%",
    maybe: null,
  };
  t.same(errorsOf(good), []);
  t.same(errorsOf({}), ["must: Required value"]);
  const bad = {
    must: "",
    number: 6,
    small: 2 ** 40,
    word: "c",
    time: "yesterday",
    bytes: "?",
    pattern: "xxxxy",
    list: [],
    map: { k: 1 },
    either: 1.5,
    maybe: 1,
  };
  t.same(errorsOf(bad), [
    "must: Required value",
    "number: Invalid value: 6: must be less than or equal to 5",
    "small: Invalid value: 1099511627776: must fit into 32 bits",
    'word: Unsupported value: "c": supported values: "a", "b"',
    'time: Invalid value: "yesterday": must be a time of RFC 3339, such as 2006-01-02T15:04:05Z',
    'bytes: Invalid value: "?": must be base64',
    "pattern: Too long: may not be more than 3 bytes",
    "pattern: Invalid value: \"xxxxy\": must match '^x+$'",
    "list: Required value",
    "map[k]: Invalid value: 1: must be of type string, not integer",
    "either: Invalid value: 1.5: must be of type integer or string, not number",
    "maybe: Invalid value: 1: must be of type string, not integer",
  ]);
});

t.test("defaults go inwards, do not share, and leave what is set", async (t) => {
  const schema: JsonSchema = {
    type: "object",
    properties: {
      outer: { type: "object", default: {}, properties: { inner: { type: "integer", default: 7 } } },
      list: { type: "array", items: { type: "object", properties: { x: { type: "string", default: "y" } } } },
      zero: { type: "integer", default: 1 },
    },
  };
  const one: Record<string, unknown> = { list: [{}, { x: "z" }], zero: 0 };
  const two: Record<string, unknown> = {};
  applySchemaDefaults(schema, one);
  applySchemaDefaults(schema, two);
  t.same(one, { outer: { inner: 7 }, list: [{ x: "y" }, { x: "z" }], zero: 0 });
  t.not(one.outer, two.outer);
});

t.test("open parts are left alone, nulls mean not set", async (t) => {
  const schema: JsonSchema = {
    type: "object",
    properties: {
      open: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
      text: { type: "string" },
      nullable: { type: "string", nullable: true },
    },
  };
  const value = { open: { any: { thing: null } }, text: null, nullable: null };
  t.same(pruneUnknownFields(schema, value), { unknown: [], unsupported: [] });
  t.same(value, { open: { any: { thing: null } }, nullable: null });
});

t.test("a field that is called like a method of objects is unknown like any other", async (t) => {
  const value = JSON.parse('{"constructor": 1, "__proto__": {"a": 1}, "toString": 2}');
  const schema: JsonSchema = { type: "object", properties: { a: { type: "string" } } };
  t.same(
    pruneUnknownFields(schema, value)
      .unknown.map(({ path }) => path)
      .sort(),
    ["__proto__", "constructor", "toString"],
  );
});

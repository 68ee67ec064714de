import t from "tap";
import { type RawClient, rawClient } from "../test-support/raw-client.ts";
import { startTestControlPlane } from "../test-support/start-control-plane.ts";
import { until } from "../test-support/until.ts";

const plane = await startTestControlPlane();
t.teardown(() => plane.close());
const { admin } = plane;

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const merge = { "content-type": "application/merge-patch+json" };

interface Names {
  kind: string;
  group?: string;
  shortNames?: string[];
}

/** A definition; `spec` is the schema of spec, `version` what its only version has besides. */
function definition({ kind, group = "example.com", shortNames = [] }: Names, spec: object = {}, version: object = {}) {
  const plural = `${kind.toLowerCase()}s`;
  const openAPIV3Schema = {
    type: "object",
    properties: {
      spec: { type: "object", ...spec },
      status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    },
  };
  return {
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural, kind, shortNames },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema }, ...version }],
    },
  };
}

const pathOf = (kind: string, group = "example.com", version = "v1") =>
  `/apis/${group}/${version}/namespaces/default/${kind.toLowerCase()}s`;
const object = (kind: string, name: string, spec: object = {}) => ({
  apiVersion: "example.com/v1",
  kind,
  metadata: { name },
  spec,
});

async function define(body: ReturnType<typeof definition>): Promise<void> {
  const made = await admin.call("POST", crds, { body });
  if (made.status !== 201) throw new Error(made.text);
}

t.test("defined and used in the next request, on this server and on another", async (t) => {
  const other = await plane.startAnother();
  const { cert, key } = plane.pki.certificates.admin;
  const elsewhere: RawClient = rawClient(other.url, { ca: plane.pki.ca.cert, cert, key });
  t.teardown(() => elsewhere.close());
  await define(
    definition({ kind: "Boat", shortNames: ["b"] }, { properties: { sails: { type: "integer", default: 2 } } }),
  );
  const made = await elsewhere.call("POST", pathOf("Boat"), { body: object("Boat", "one") });
  t.equal(made.status, 201, made.text);
  t.match(made.json, { apiVersion: "example.com/v1", kind: "Boat", metadata: { generation: 1 }, spec: { sails: 2 } });
  t.match((await admin.call("GET", `${pathOf("Boat")}/one`)).json, { metadata: { uid: made.json.metadata.uid } });
  const { json: stored } = await admin.call("GET", `${crds}/boats.example.com`);
  t.match(stored.status, {
    acceptedNames: { plural: "boats", singular: "boat", kind: "Boat", listKind: "BoatList", shortNames: ["b"] },
    storedVersions: ["v1"],
  });
  const conditions = Object.fromEntries(
    stored.status.conditions.map((one: { type: string; status: string }) => [one.type, one.status]),
  );
  t.same(conditions, { NamesAccepted: "True", Established: "True" });
});

t.test("discovery and OpenAPI tell of it, and no longer when it is gone", async (t) => {
  const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  const groups = async (): Promise<string[]> =>
    (await admin.call("GET", "/apis", { headers: { accept } })).json.items.map(
      (one: { metadata: { name: string } }) => one.metadata.name,
    );
  await define(
    definition(
      { kind: "Ship", group: "docs.example.com", shortNames: ["sh"] },
      { description: "What is wanted.", properties: { sails: { type: "integer", description: "How many." } } },
      {
        subresources: { status: {}, scale: { specReplicasPath: ".spec.sails", statusReplicasPath: ".status.sails" } },
      },
    ),
  );
  await admin.call("GET", pathOf("Ship", "docs.example.com"));
  t.ok((await groups()).includes("docs.example.com"));
  const { json: list } = await admin.call("GET", "/apis/docs.example.com/v1");
  t.match(list.resources, [
    { name: "ships", singularName: "ship", kind: "Ship", shortNames: ["sh"], namespaced: true },
    { name: "ships/scale", kind: "Scale" },
    { name: "ships/status", kind: "Ship" },
  ]);
  const { json: documents } = await admin.call("GET", "/openapi/v3");
  const { json: document } = await admin.call("GET", documents.paths["apis/docs.example.com/v1"].serverRelativeURL);
  t.match(document.components.schemas["com.example.docs.v1.Ship"], {
    properties: { spec: { properties: { sails: { type: "integer", description: "How many." } } } },
    "x-kubernetes-group-version-kind": [{ group: "docs.example.com", version: "v1", kind: "Ship" }],
  });
  const patch = document.paths["/apis/docs.example.com/v1/namespaces/{namespace}/ships/{name}"].patch;
  t.notOk("application/strategic-merge-patch+json" in patch.requestBody.content, "there is no strategic patch of it");
  await admin.call("DELETE", `${crds}/ships.docs.example.com`);
  await until(async () => !(await groups()).includes("docs.example.com"));
  t.equal((await admin.call("GET", pathOf("Ship", "docs.example.com"))).status, 404);
});

t.test("objects are held to the schema: pruned, filled in, refused with path and reason", async (t) => {
  await define(
    definition(
      { kind: "Crane" },
      {
        required: ["reach"],
        properties: {
          reach: { type: "integer", minimum: 1, maximum: 50, multipleOf: 5 },
          name: { type: "string", pattern: "^[a-z]+$", maxLength: 8 },
          mode: { type: "string", enum: ["fast", "slow"], default: "slow" },
          port: { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] },
          tags: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
          open: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
          map: { type: "object", additionalProperties: { type: "integer" } },
          one: {
            type: "object",
            properties: { a: { type: "string" }, b: { type: "string" } },
            oneOf: [{ required: ["a"] }, { required: ["b"] }],
          },
        },
      },
    ),
  );
  const path = pathOf("Crane");
  const made = await admin.call("POST", path, {
    body: object("Crane", "good", {
      reach: 10,
      typo: 1,
      port: "http",
      open: { anything: [1] },
      map: { x: 1 },
      tags: ["a"],
    }),
  });
  t.equal(made.status, 201, made.text);
  t.same(made.json.spec, {
    reach: 10,
    mode: "slow",
    port: "http",
    open: { anything: [1] },
    map: { x: 1 },
    tags: ["a"],
  });
  t.match(made.headers.warning, /unknown field \\"spec.typo\\"/);
  const strict = await admin.call("POST", `${path}?fieldValidation=Strict`, {
    body: object("Crane", "x", { reach: 10, moed: "fast" }),
  });
  t.match(strict.json, { code: 400, message: /unknown field "spec\.moed", did you mean "spec\.mode"\?/ });
  const refused: [object, string, string][] = [
    [{}, "spec.reach", "FieldValueRequired"],
    [{ reach: "10" }, "spec.reach", "FieldValueTypeInvalid"],
    [{ reach: 0 }, "spec.reach", "FieldValueInvalid"],
    [{ reach: 51 }, "spec.reach", "FieldValueInvalid"],
    [{ reach: 7 }, "spec.reach", "FieldValueInvalid"],
    [{ reach: 5, name: "Big" }, "spec.name", "FieldValueInvalid"],
    [{ reach: 5, name: "muchtoolong" }, "spec.name", "FieldValueTooLong"],
    [{ reach: 5, mode: "wild" }, "spec.mode", "FieldValueNotSupported"],
    [{ reach: 5, tags: ["a", "a"] }, "spec.tags[1]", "FieldValueDuplicate"],
    [{ reach: 5, map: { x: "1" } }, "spec.map[x]", "FieldValueTypeInvalid"],
    [{ reach: 5, one: {} }, "spec.one", "FieldValueInvalid"],
    [{ reach: 5, one: { a: "", b: "" } }, "spec.one", "FieldValueInvalid"],
  ];
  for (const [spec, field, reason] of refused) {
    const answer = await admin.call("POST", path, { body: object("Crane", "bad", spec) });
    t.equal(answer.status, 422, JSON.stringify(spec));
    t.match(answer.json.details.causes, [{ field, reason }], JSON.stringify(spec));
  }
});

t.test("status and scale are written apart; generation counts what is wanted", async (t) => {
  await define(
    definition(
      { kind: "Fleet" },
      { properties: { ships: { type: "integer" } } },
      {
        subresources: {
          status: {},
          scale: {
            specReplicasPath: ".spec.ships",
            statusReplicasPath: ".status.ships",
            labelSelectorPath: ".status.selector",
          },
        },
      },
    ),
  );
  const path = pathOf("Fleet");
  await admin.call("POST", path, { body: { ...object("Fleet", "f", { ships: 1 }), status: { ships: 9 } } });
  const before = (await admin.call("GET", `${path}/f`)).json;
  t.equal(before.status, undefined, "a status that is sent along is not taken");
  const status = { ships: 1, selector: "fleet=f" };
  const reported = await admin.call("PATCH", `${path}/f/status`, {
    body: { status, spec: { ships: 5 } },
    headers: merge,
  });
  t.match(reported.json, { spec: { ships: 1 }, status, metadata: { generation: 1 } });
  t.match((await admin.call("GET", `${path}/f/scale`)).json, {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    spec: { replicas: 1 },
    status: { replicas: 1, selector: "fleet=f" },
  });
  const scaled = await admin.call("PATCH", `${path}/f/scale`, { body: { spec: { replicas: 4 } }, headers: merge });
  t.match(scaled.json, { spec: { replicas: 4 } });
  t.match((await admin.call("GET", `${path}/f`)).json, { spec: { ships: 4 }, metadata: { generation: 2 } });
  const strategic = await admin.call("PATCH", `${path}/f`, {
    body: { spec: { ships: 2 } },
    headers: { "content-type": "application/strategic-merge-patch+json" },
  });
  t.equal(strategic.status, 415, "it has no keys to merge lists by");
});

t.test("lists as tables, with the columns of the definition; selectable fields", async (t) => {
  await define(
    definition(
      { kind: "Dock" },
      { properties: { depth: { type: "integer" }, berths: { type: "array", items: { type: "string" } } } },
      {
        additionalPrinterColumns: [
          { name: "Depth", type: "integer", jsonPath: ".spec.depth" },
          { name: "First", type: "string", jsonPath: ".spec.berths[0]", priority: 1 },
          { name: "Berths", type: "string", jsonPath: ".spec.berths" },
          { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
        ],
        selectableFields: [{ jsonPath: ".spec.depth" }],
      },
    ),
  );
  await admin.call("POST", pathOf("Dock"), { body: object("Dock", "a", { depth: 7, berths: ["x", "y"] }) });
  await admin.call("POST", pathOf("Dock"), { body: object("Dock", "b") });
  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
  const { json: table } = await admin.call("GET", pathOf("Dock"), { headers: { accept } });
  t.same(
    table.columnDefinitions.map(({ name, priority }: { name: string; priority: number }) => `${name} ${priority}`),
    ["Name 0", "Depth 0", "First 1", "Berths 0", "Age 0"],
  );
  t.match(table.rows[0].cells, ["a", 7, "x", '["x","y"]', /^\d+s$/]);
  t.match(table.rows[1].cells, ["b", null, null, null, /^\d+s$/]);
  const { json: chosen } = await admin.call("GET", `${pathOf("Dock")}?fieldSelector=spec.depth%3D7`);
  t.same(
    chosen.items.map((one: { metadata: { name: string } }) => one.metadata.name),
    ["a"],
  );
});

t.test("a definition that changes is followed: new fields, another version, watches begin anew", async (t) => {
  await define(definition({ kind: "Ferry" }, { properties: { cars: { type: "integer" } } }));
  const path = pathOf("Ferry");
  await admin.call("POST", path, { body: object("Ferry", "f", { cars: 3 }) });
  const { json } = await admin.call("GET", `${crds}/ferrys.example.com`);
  const [first] = json.spec.versions;
  first.schema.openAPIV3Schema.properties.spec.properties.deck = { type: "string", default: "upper" };
  json.spec.versions.push({ ...structuredClone(first), name: "v2", storage: true });
  first.storage = false;
  first.deprecated = true;
  const changed = await admin.call("PUT", `${crds}/ferrys.example.com`, { body: json });
  t.same(changed.json.status?.storedVersions, ["v1", "v2"], changed.text);
  const second = pathOf("Ferry", "example.com", "v2");
  await until(async () => (await admin.call("GET", second)).status === 200);
  t.match((await admin.call("GET", `${second}/f`)).json, {
    apiVersion: "example.com/v2",
    spec: { cars: 3, deck: "upper" },
  });
  const old = await admin.call("GET", `${path}/f`);
  t.match(old.json, { apiVersion: "example.com/v1", spec: { cars: 3, deck: "upper" } });
  t.match(old.headers.warning, /example.com\/v1 Ferry is deprecated/);
  await admin.call("PATCH", `${path}/f`, { body: { spec: { cars: 4 } }, headers: merge });
  const [stored] = (await plane.store.list("/registry/example.com/ferrys/")).items;
  t.match(JSON.parse(stored?.value.toString("utf8") ?? ""), { apiVersion: "example.com/v2", spec: { cars: 4 } });
  t.match(
    (await admin.call("GET", "/apis/example.com")).json.versions[0],
    { version: "v2" },
    "the newest is preferred",
  );
});

t.test("watches see what happens, and end with the definition", async (t) => {
  await define(definition({ kind: "Buoy" }, { properties: { colour: { type: "string" } } }));
  const path = pathOf("Buoy");
  await admin.call("POST", path, { body: object("Buoy", "red", { colour: "red" }) });
  const seen: string[] = [];
  const watching = (async () => {
    for await (const line of admin.lines(`${path}?watch=true`)) {
      const { type, object: one } = JSON.parse(line);
      seen.push(`${type} ${one.metadata?.name} ${one.spec?.colour ?? ""}`);
    }
  })();
  await until(async () => seen.length > 0);
  await admin.call("PATCH", `${path}/red`, { body: { spec: { colour: "green" } }, headers: merge });
  await until(async () => seen.length > 1);
  await admin.call("DELETE", `${crds}/buoys.example.com`);
  await watching;
  t.same(seen.slice(0, 3), ["ADDED red red", "MODIFIED red green", "DELETED red green"]);
});

t.test("a definition goes after its objects, and waits for those with finalizers", async (t) => {
  await define(definition({ kind: "Wreck" }));
  const path = pathOf("Wreck");
  await admin.call("POST", path, { body: object("Wreck", "plain") });
  const held = object("Wreck", "held");
  await admin.call("POST", path, {
    body: { ...held, metadata: { ...held.metadata, finalizers: ["example.com/divers"] } },
  });
  const deleted = await admin.call("DELETE", `${crds}/wrecks.example.com`);
  t.match(deleted.json.metadata.finalizers, ["customresourcecleanup.apiextensions.k8s.io"]);
  await until(async () => (await admin.call("GET", `${path}/plain`)).status === 404);
  const waiting = await admin.call("GET", `${path}/held`);
  t.match(waiting.json.metadata.deletionTimestamp, /^\d{4}-/);
  const late = await admin.call("POST", path, { body: object("Wreck", "late") });
  t.match(late.json, { code: 405, message: /terminating/ });
  t.match((await admin.call("GET", `${crds}/wrecks.example.com`)).json.status.conditions.at(-1), {
    type: "Terminating",
    status: "True",
  });
  await admin.call("PATCH", `${path}/held`, { body: { metadata: { finalizers: null } }, headers: merge });
  await until(async () => (await admin.call("GET", `${crds}/wrecks.example.com`)).status === 404);
  t.same((await plane.store.list("/registry/example.com/wrecks/")).items, [], "nothing is left in etcd");
  await define(definition({ kind: "Wreck" }));
  t.same((await admin.call("GET", path)).json.items, []);
});

t.test("a server that starts serves what was defined before", async (t) => {
  await define(definition({ kind: "Anchor" }));
  await admin.call("POST", pathOf("Anchor"), { body: object("Anchor", "a") });
  const later = await plane.startAnother();
  const { cert, key } = plane.pki.certificates.admin;
  const client = rawClient(later.url, { ca: plane.pki.ca.cert, cert, key });
  t.teardown(() => client.close());
  t.equal((await client.call("GET", `${pathOf("Anchor")}?resourceVersion=0`)).json.items.length, 1);
});

t.test("definitions that cannot be are refused, with the path", async (t) => {
  const schema = (openAPIV3Schema: object) => ({ schema: { openAPIV3Schema: { type: "object", ...openAPIV3Schema } } });
  const field = (one: object) => schema({ properties: { spec: { type: "object", properties: { f: one } } } });
  const at = "spec.versions[0].schema.openAPIV3Schema";
  const f = `${at}.properties[spec].properties[f]`;
  const refused: [object, string][] = [
    [field({ description: "x" }), `${f}.type`],
    [field({ type: "strin" }), `${f}.type`],
    [field({ type: "string", patern: "x" }), `${f}.patern`],
    [field({ type: "string", pattern: "(" }), `${f}.pattern`],
    [field({ type: "string", maxLength: "8" }), `${f}.maxLength`],
    [field({ type: "integer", default: "one" }), `${f}.default`],
    [field({ type: "object", properties: {}, default: { more: 1 } }), `${f}.default`],
    [field({ type: "array" }), `${f}.items`],
    [field({ $ref: "#/x" }), `${f}.$ref`],
    [
      field({ type: "array", items: { type: "object" }, "x-kubernetes-list-type": "map" }),
      `${f}.x-kubernetes-list-map-keys`,
    ],
    [field({ type: "object", anyOf: [{ properties: { a: {} } }] }), `${f}.anyOf[0].properties[a]`],
    [field({ type: "string", "x-kubernetes-validations": [{ rule: "self != ''" }] }), `${f}.x-kubernetes-validations`],
    [{ schema: undefined }, at],
    [{ storage: false }, "spec.versions"],
    [{ name: "1v" }, "spec.versions[0].name"],
    [
      { additionalPrinterColumns: [{ name: "x", type: "string", jsonPath: "spec" }] },
      "spec.versions[0].additionalPrinterColumns[0].jsonPath",
    ],
    [
      { subresources: { scale: { specReplicasPath: ".status.x", statusReplicasPath: ".status.x" } } },
      "spec.versions[0].subresources.scale.specReplicasPath",
    ],
  ];
  for (const [version, path] of refused) {
    const answer = await admin.call("POST", crds, { body: definition({ kind: "Bad" }, {}, version) });
    t.equal(answer.status, 422, `${path}: ${answer.text}`);
    t.ok(
      answer.json.details?.causes?.some((cause: { field: string }) => cause.field === path),
      `${path}: ${answer.json.message}`,
    );
  }
  const named = { ...definition({ kind: "Bad" }), metadata: { name: "other.example.com" } };
  t.match((await admin.call("POST", crds, { body: named })).json.message, /metadata.name: .*must be spec.names.plural/);
  const webhook = definition({ kind: "Bad" });
  Object.assign(webhook.spec, { conversion: { strategy: "Webhook" } });
  t.match(
    (await admin.call("POST", crds, { body: webhook })).json.message,
    /spec.conversion.strategy: Unsupported value: "Webhook"/,
  );
});

t.test("a name that is taken is not served", async (t) => {
  await define(definition({ kind: "Tug", group: "names.example.com", shortNames: ["t"] }));
  // Until then neither has the name.
  await until(async () => (await admin.call("GET", pathOf("Tug", "names.example.com"))).status === 200);
  await define(definition({ kind: "Tanker", group: "names.example.com", shortNames: ["t"] }));
  const conditionOf = async () =>
    (await admin.call("GET", `${crds}/tankers.names.example.com`)).json.status.conditions?.find(
      ({ type }: { type: string }) => type === "NamesAccepted",
    );
  await until(async () => (await conditionOf()) !== undefined);
  t.match(await conditionOf(), { status: "False", reason: "ShortNamesConflict", message: '"t" is already in use' });
  t.equal((await admin.call("GET", pathOf("Tanker", "names.example.com"))).status, 404);
  await admin.call("DELETE", `${crds}/tugs.names.example.com`);
  await until(async () => (await admin.call("GET", pathOf("Tanker", "names.example.com"))).status === 200);
});

t.test("server-side apply knows its lists and refuses what is not its", async (t) => {
  await define(
    definition(
      { kind: "Harbour" },
      {
        properties: {
          berths: {
            type: "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            items: {
              type: "object",
              required: ["name"],
              properties: { name: { type: "string" }, length: { type: "integer" } },
            },
          },
        },
      },
    ),
  );
  const apply = (manager: string, berths: object[]) =>
    admin.call("PATCH", `${pathOf("Harbour")}/h?fieldManager=${manager}`, {
      body: JSON.stringify(object("Harbour", "h", { berths })),
      headers: { "content-type": "application/apply-patch+yaml" },
    });
  t.equal((await apply("one", [{ name: "a", length: 1 }])).status, 201);
  const both = await apply("two", [{ name: "b", length: 2 }]);
  t.same(both.json.spec.berths, [
    { name: "a", length: 1 },
    { name: "b", length: 2 },
  ]);
  const conflict = await apply("two", [{ name: "a", length: 3 }]);
  t.match(conflict.json, { code: 409, details: { causes: [{ field: '.spec.berths[name="a"].length' }] } });
});

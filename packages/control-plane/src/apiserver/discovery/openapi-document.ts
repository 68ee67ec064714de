import { apiVersionOf, type Kind } from "@drydock/machinery";
import { componentsOf } from "./openapi-components.ts";
import { subresourcesOf } from "./served-groups.ts";

type Operation = Record<string, unknown>;

const metaPrefix = "io.k8s.apimachinery.pkg.apis.meta.v1";
const patchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
];

/** The OpenAPI v3 document of one group and version: what kubectl explain, apply and its validation read. */
export function openApiDocument(kinds: readonly Kind[]): object {
  const { schemas, nameOf } = componentsOf(kinds);
  const paths: Record<string, object> = {};
  for (const kind of kinds) Object.assign(paths, pathsOf(kind, `#/components/schemas/${nameOf(kind)}`));
  return { openapi: "3.0.0", info: { title: "Drydock", version: "v1.35.0" }, paths, components: { schemas } };
}

function pathsOf(kind: Kind, reference: string): Record<string, object> {
  const { group, version, plural, namespaced } = kind;
  const base = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const collection = namespaced ? `${base}/namespaces/{namespace}/${plural}` : `${base}/${plural}`;
  const item = `${collection}/{name}`;
  const parameters = [...(namespaced ? [pathParameter("namespace")] : [])];
  const paths: Record<string, object> = {
    [collection]: {
      get: operation(kind, "list", reference),
      post: operation(kind, "post", reference),
      delete: operation(kind, "deletecollection", reference),
      parameters,
    },
    [item]: { ...itemOperations(kind, reference), parameters: [...parameters, pathParameter("name")] },
  };
  if (namespaced) paths[`${base}/${plural}`] = { get: operation(kind, "list", reference) };
  for (const { name, verbs, kind: type } of subresourcesOf(kind)) {
    if (type.kind !== kind.kind) continue;
    const operations = itemOperations(kind, reference);
    paths[`${item}/${name}`] = {
      get: operations.get,
      ...(verbs.includes("update") ? { put: operations.put } : {}),
      ...(verbs.includes("patch") ? { patch: operations.patch } : {}),
      parameters: [...parameters, pathParameter("name")],
    };
  }
  return paths;
}

function itemOperations(kind: Kind, reference: string): Record<string, Operation> {
  return {
    get: operation(kind, "get", reference),
    put: operation(kind, "put", reference),
    patch: operation(kind, "patch", reference),
    delete: operation(kind, "delete", reference),
  };
}

const customPatchTypes = patchTypes.filter((type) => !type.includes("strategic"));

function operation(kind: Kind, action: string, reference: string): Operation {
  const { group, version } = kind;
  const writes = ["post", "put", "patch"].includes(action);
  const schema = { $ref: reference };
  const json = { "application/json": { schema } };
  return {
    description: `${action} ${apiVersionOf(kind)} ${kind.kind}`,
    operationId: `${action}${group.replace(/(^|[.-])(\w)/g, (_all, _dot, letter) => letter.toUpperCase())}${version.toUpperCase()}${kind.kind}`,
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": { group, version, kind: kind.kind },
    ...(writes ? { parameters: ["dryRun", "fieldManager", "fieldValidation"].map(queryParameter) } : {}),
    ...(writes ? { requestBody: { content: action === "patch" ? patchContent(kind) : json, required: true } } : {}),
    responses: { 200: { description: "OK", content: json } },
  };
}

/** Which patches there are: clients send no strategic one to kinds that do not list it. */
function patchContent(kind: Kind): object {
  const schema = { $ref: `#/components/schemas/${metaPrefix}.Patch` };
  return Object.fromEntries((kind.custom ? customPatchTypes : patchTypes).map((type) => [type, { schema }]));
}

function queryParameter(name: string): object {
  return { name, in: "query", schema: { type: "string", uniqueItems: true } };
}

function pathParameter(name: string): object {
  return { name, in: "path", required: true, schema: { type: "string", uniqueItems: true } };
}

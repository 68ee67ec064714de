import { resourcePath } from "../client/resource-path.ts";
import type { Kind } from "../kind.ts";
import { type OpenApiSchema, reference } from "./components.ts";

const text = (name: string, description: string) => ({
  name,
  in: "query",
  description,
  schema: { type: "string", uniqueItems: true },
});
const number = (name: string, description: string) => ({
  name,
  in: "query",
  description,
  schema: { type: "integer", uniqueItems: true },
});
const flag = (name: string, description: string) => ({
  name,
  in: "query",
  description,
  schema: { type: "boolean", uniqueItems: true },
});

// kubectl looks at these: it sends fieldValidation and dryRun only to operations that list them.
const writeParameters = [
  text("dryRun", "All: do everything but the write."),
  text("fieldManager", "Who makes the change."),
  text("fieldValidation", "Ignore, Warn or Strict: what is done about unknown fields."),
];
const listParameters = [
  text("labelSelector", "Only objects with these labels."),
  text("fieldSelector", "Only objects with these values of fields."),
  number("limit", "At most so many objects; the answer's metadata.continue leads to the rest."),
  text("continue", "From the answer before."),
  text("resourceVersion", "How new the answer must be."),
  text("resourceVersionMatch", "Exact or NotOlderThan."),
  number("timeoutSeconds", "A watch ends after so long."),
];
const watchParameters = [
  flag("watch", "Changes as they happen, as a stream of JSON lines."),
  flag("allowWatchBookmarks", "Also send bookmarks."),
  flag("sendInitialEvents", "Begin with what is there, then a bookmark."),
];
const deleteParameters = [
  text("dryRun", "All: do everything but the write."),
  number("gracePeriodSeconds", "Seconds allowed for an orderly end."),
  text("propagationPolicy", "Foreground, Background or Orphan: what becomes of dependents."),
];

const patchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
];

interface Names {
  object: string;
  list: string;
}

/** The operations on a kind, by path. */
export function pathsOf(kind: Kind, { object, list }: Names): Record<string, OpenApiSchema> {
  const gvk = { group: kind.group, version: kind.version, kind: kind.kind };
  const inNamespace = kind.namespaced ? "{namespace}" : undefined;
  const path = (subresource?: string): string =>
    // The braces are the placeholders of OpenAPI, not part of a name.
    decodeURIComponent(resourcePath(kind, { namespace: inNamespace, name: "{name}", subresource }));
  const namespaceParameters = kind.namespaced ? [pathParameter("namespace", "Namespace of the object.")] : [];
  const objectParameters = [pathParameter("name", `Name of the ${kind.kind}.`), ...namespaceParameters];

  const operation = (verb: string, action: string, parameters: object[], body?: OpenApiSchema, answer = object) =>
    kind.verbs.includes(verb)
      ? {
          ...(body ? { requestBody: body } : {}),
          description: `${action} ${kind.kind}`,
          parameters,
          responses: { 200: { description: "OK", content: { "application/json": { schema: reference(answer) } } } },
          "x-kubernetes-action": action,
          "x-kubernetes-group-version-kind": gvk,
        }
      : undefined;

  const whole = { required: true, content: { "*/*": { schema: reference(object) } } };
  const patch = {
    required: true,
    content: Object.fromEntries(patchTypes.map((type) => [type, { schema: { type: "object" } }])),
  };
  const applyParameters = [...writeParameters, flag("force", "Apply: take fields over from other managers.")];

  const item = (subresource?: string) => ({
    parameters: objectParameters,
    ...defined({
      get: operation("get", "get", []),
      put: operation("update", "put", writeParameters, whole),
      patch: operation("patch", "patch", applyParameters, patch),
      delete: subresource === undefined ? operation("delete", "delete", deleteParameters) : undefined,
    }),
  });

  const paths: Record<string, OpenApiSchema> = {
    [decodeURIComponent(resourcePath(kind, { namespace: inNamespace }))]: {
      parameters: namespaceParameters,
      ...defined({
        get: operation("list", "list", [...listParameters, ...watchParameters], undefined, list),
        post: operation("create", "post", writeParameters, whole),
        delete: operation("deletecollection", "deletecollection", [...listParameters, ...deleteParameters]),
      }),
    },
    [path()]: item(),
  };
  if (kind.subresources.includes("status")) paths[path("status")] = item("status");
  if (kind.namespaced) {
    const all = operation("list", "list", [...listParameters, ...watchParameters], undefined, list);
    paths[resourcePath(kind)] = { parameters: [], ...defined({ get: all }) };
  }
  return paths;
}

function pathParameter(name: string, description: string): object {
  return { name, in: "path", required: true, description, schema: { type: "string", uniqueItems: true } };
}

function defined(operations: Record<string, object | undefined>): Record<string, object> {
  return Object.fromEntries(
    Object.entries(operations).filter((entry): entry is [string, object] => entry[1] !== undefined),
  );
}

/**
 * What a request is about, read from its method and URL alone (apiserver/pkg/endpoints/request/requestinfo.go):
 *   /api/v1/namespaces/default/pods/web/log     -> get, "", v1, namespace default, pods, web, log
 *   /apis/drydock.dev/v1/workloads              -> list, drydock.dev, v1, all namespaces
 *   /healthz                                    -> not a resource
 */
export type RequestInfo = ResourceRequest | PathRequest;

export interface ResourceRequest {
  isResource: true;
  verb: ResourceVerb;
  path: string;
  group: string;
  version: string;
  /** "" when the request spans all namespaces or the resource has none. */
  namespace: string;
  resource: string;
  /** "" for a whole collection. */
  name: string;
  /** "" for the object itself. */
  subresource: string;
}

export interface PathRequest {
  isResource: false;
  /** The HTTP method in lower case. */
  verb: string;
  path: string;
}

export type ResourceVerb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection";

const verbOfMethod: Record<string, ResourceVerb> = {
  GET: "get",
  HEAD: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** Subresources of a namespace; any other segment after its name is a resource inside it. */
const namespaceSubresources = new Set(["status", "finalize"]);

/** `streams`: the client accepts Server-Sent Events, so a list of it is a watch. */
export function parseRequest(method: string, path: string, query: URLSearchParams, streams = false): RequestInfo {
  const parts = path.split("/").filter((part) => part !== "");
  const grouped = parts[0] === "apis";
  const rest = parts.slice(grouped ? 3 : 2);
  const verb = verbOfMethod[method];
  if ((parts[0] !== "api" && !grouped) || rest.length === 0 || !verb) {
    return { isResource: false, verb: method.toLowerCase(), path };
  }
  const group = grouped ? (parts[1] as string) : "";
  const version = (grouped ? parts[2] : parts[1]) as string;
  const request = { isResource: true as const, verb, path, group, version, ...locate(rest.map(decodeSegment)) };
  return { ...request, verb: collectionVerb(request, streams || query.has("poll") || isTrue(query.get("watch"))) };
}

function locate(rest: string[]): Pick<ResourceRequest, "namespace" | "resource" | "name" | "subresource"> {
  const [first, namespace, third] = rest;
  const inNamespace = first === "namespaces" && third !== undefined && !namespaceSubresources.has(third);
  const [resource = "", name = "", ...subresource] = inNamespace ? rest.slice(2) : rest;
  return {
    // A namespace is inside itself, so that a Role in it can speak of it.
    namespace: inNamespace ? (namespace as string) : first === "namespaces" ? name : "",
    resource,
    name,
    subresource: subresource.join("/"),
  };
}

function collectionVerb({ verb, name }: { verb: ResourceVerb; name: string }, watches: boolean): ResourceVerb {
  if (name !== "") return verb;
  if (verb === "get") return watches ? "watch" : "list";
  return verb === "delete" ? "deletecollection" : verb;
}

/**
 * The name that a list or watch is restricted to by `fieldSelector=metadata.name=x`, which RBAC's resourceNames look
 * at.
 */
export function authorizedName(request: ResourceRequest, query: URLSearchParams): string {
  if (request.name !== "" || !["list", "watch", "deletecollection"].includes(request.verb)) return request.name;
  return /(?:^|,)metadata\.name==?([^,=!]+)/.exec(query.get("fieldSelector") ?? "")?.[1] ?? "";
}

export function isTrue(value: string | null): boolean {
  return value === "true" || value === "1" || value === "";
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // Not valid percent-encoding: no object has such a name, so the raw text leads to a plain "not found".
    return segment;
  }
}

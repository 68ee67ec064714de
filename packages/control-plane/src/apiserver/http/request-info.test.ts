import t from "tap";
import { authorizedName, parseRequest, type ResourceRequest } from "./request-info.ts";

const parse = (method: string, url: string) => {
  const { pathname, searchParams } = new URL(url, "http://x");
  return parseRequest(method, pathname, searchParams);
};

t.test("reads what a request is about", async (t) => {
  const cases: [string, string, Partial<ResourceRequest>][] = [
    ["GET", "/api/v1/pods", { verb: "list", resource: "pods", namespace: "", name: "" }],
    ["GET", "/api/v1/pods?watch=true", { verb: "watch", resource: "pods" }],
    ["GET", "/api/v1/pods?watch=false", { verb: "list" }],
    ["GET", "/api/v1/namespaces/a/pods/b", { verb: "get", namespace: "a", resource: "pods", name: "b" }],
    ["GET", "/api/v1/namespaces/a/pods/b/log", { verb: "get", name: "b", subresource: "log" }],
    ["POST", "/api/v1/namespaces/a/pods/b/binding", { verb: "create", name: "b", subresource: "binding" }],
    ["GET", "/api/v1/namespaces/a", { verb: "get", namespace: "a", resource: "namespaces", name: "a" }],
    [
      "PUT",
      "/api/v1/namespaces/a/finalize",
      { verb: "update", resource: "namespaces", name: "a", subresource: "finalize" },
    ],
    ["GET", "/api/v1/namespaces", { verb: "list", resource: "namespaces", namespace: "" }],
    [
      "DELETE",
      "/apis/drydock.dev/v1/namespaces/a/workloads",
      { verb: "deletecollection", group: "drydock.dev", version: "v1" },
    ],
    ["DELETE", "/apis/drydock.dev/v1/namespaces/a/workloads/w", { verb: "delete", name: "w" }],
    ["PATCH", "/api/v1/nodes/n/status", { verb: "patch", resource: "nodes", name: "n", subresource: "status" }],
    ["GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode", { verb: "get", name: "system:node" }],
  ];
  for (const [method, url, expected] of cases)
    t.match(parse(method, url), { isResource: true, ...expected }, `${method} ${url}`);
});

t.test("discovery, health and unknown methods are no resources", async (t) => {
  for (const url of ["/api", "/api/v1", "/apis", "/apis/apps", "/apis/apps/v1", "/healthz", "/version", "/"]) {
    t.match(parse("GET", url), { isResource: false, verb: "get", path: url });
  }
  t.match(parse("OPTIONS", "/api/v1/pods"), { isResource: false });
});

t.test("a stream of events is a watch, however it is asked for", async (t) => {
  t.match(parse("GET", "/api/v1/pods?poll=30s"), { verb: "watch" });
  t.match(parseRequest("GET", "/api/v1/pods", new URLSearchParams(), true), { verb: "watch" });
  t.match(parseRequest("GET", "/api/v1/namespaces/a/pods/b", new URLSearchParams(), true), { verb: "get" });
});

t.test("a list of one name is authorized for that name", async (t) => {
  const query = new URLSearchParams({ fieldSelector: "metadata.name=web", watch: "1" });
  t.equal(authorizedName(parseRequest("GET", "/api/v1/pods", query) as ResourceRequest, query), "web");
  const other = new URLSearchParams({ fieldSelector: "metadata.name!=web" });
  t.equal(authorizedName(parseRequest("GET", "/api/v1/pods", other) as ResourceRequest, other), "");
});

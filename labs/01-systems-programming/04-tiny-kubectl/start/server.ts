/**
 * A small API server for kubectl.ts to talk to. Given; nothing to do here. `PORT=8080 node server.ts` starts it with a few objects.
 *
 * GET /apis                    {"resources": [{"kind", "plural", "singular", "shortNames", "columns": [{"name", "path"}]}]}
 * GET /apis/PLURAL             {"kind": "List", "metadata": {"resourceVersion"}, "items": […]}
 * GET /apis/PLURAL?watch=1&resourceVersion=N    what comes after N, one a line, without end: {"type": "MODIFIED", "object": {…}}
 * GET|PUT|DELETE /apis/PLURAL/NAME, POST /apis/PLURAL; a PUT from an old resourceVersion is 409 Conflict
 *
 * A failure is {"kind": "Status", "code", "reason", "message"}.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface Resource {
  kind: string;
  plural: string;
  singular: string;
  shortNames: string[];
  columns: { name: string; path: string }[];
}

export interface ApiObject {
  kind: string;
  metadata: { name: string; resourceVersion?: string; labels?: Record<string, string> };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

interface Change {
  version: number;
  plural: string;
  event: { type: string; object: ApiObject };
}

export const pods: Resource = {
  kind: "Pod",
  plural: "pods",
  singular: "pod",
  shortNames: ["po"],
  columns: [
    { name: "Status", path: "status.phase" },
    { name: "Node", path: "spec.nodeName" },
  ],
};
export const nodes: Resource = {
  kind: "Node",
  plural: "nodes",
  singular: "node",
  shortNames: ["no"],
  columns: [{ name: "Status", path: "status.phase" }],
};

export class ApiServer {
  readonly resources: Resource[] = [pods, nodes];
  /** Called before each PUT: something that another client does just then. */
  beforePut: (name: string) => void = () => {};
  readonly #objects = new Map<string, ApiObject>();
  readonly #history: Change[] = [];
  readonly #watchers = new Set<(change: Change) => void>();
  #version = 0;

  readonly http = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    if (searchParams.has("watch")) return this.#watch(pathname, Number(searchParams.get("resourceVersion")), response);
    const [code, answer] = this.#answer(request.method ?? "GET", pathname, await text(request));
    response.writeHead(code, { "content-type": "application/json" }).end(`${JSON.stringify(answer)}\n`);
  });

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.http.listen(port, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  get(plural: string, name: string): ApiObject | undefined {
    return this.#objects.get(`${plural}/${name}`);
  }

  set(plural: string, object: ApiObject): ApiObject {
    this.#version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    const stored = { ...object, metadata };
    this.#objects.set(`${plural}/${metadata.name}`, stored);
    const change = { version: this.#version, plural, event: { type: "MODIFIED", object: stored } };
    this.#history.push(change);
    for (const watcher of this.#watchers) watcher(change);
    return stored;
  }

  #watch(pathname: string, after: number, response: ServerResponse): void {
    response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
    const send = ({ version, plural, event }: Change): void => {
      if (version > after && pathname === `/apis/${plural}`) response.write(`${JSON.stringify(event)}\n`);
    };
    this.#history.forEach(send);
    this.#watchers.add(send);
    response.on("close", () => this.#watchers.delete(send));
  }

  #answer(method: string, pathname: string, body: string): [code: number, answer: unknown] {
    const failure = (code: number, reason: string, message: string): [number, unknown] => [
      code,
      { kind: "Status", code, reason, message },
    ];
    const [, apis, plural, encoded] = pathname.split("/");
    const name = decodeURIComponent(encoded ?? "");
    if (apis === "apis" && !plural) return [200, { resources: this.resources }];
    const resource = this.resources.find((one) => one.plural === plural);
    if (apis !== "apis" || !resource || !plural) return failure(404, "NotFound", "the server could not find it");
    if (method === "GET" && name === "") {
      const keys = [...this.#objects.keys()].filter((key) => key.startsWith(`${plural}/`)).sort();
      const metadata = { resourceVersion: String(this.#version) };
      return [200, { kind: "List", metadata, items: keys.map((key) => this.#objects.get(key)) }];
    }
    if (method === "POST" || method === "PUT") {
      const object = JSON.parse(body) as ApiObject;
      const given = object.metadata?.name ?? "";
      if (!/^[a-z0-9-]+$/.test(given))
        return failure(422, "Invalid", `${resource.kind} "${given}" is invalid: metadata.name`);
      if (method === "PUT") this.beforePut(given);
      const before = this.get(plural, given);
      if (method === "POST" && before) return failure(409, "AlreadyExists", `${plural} "${given}" already exists`);
      const expected = object.metadata.resourceVersion;
      if (method === "PUT" && before?.metadata.resourceVersion !== (expected ?? before?.metadata.resourceVersion))
        return failure(409, "Conflict", `${plural} "${given}": the object has been modified`);
      return [method === "POST" ? 201 : 200, this.set(plural, object)];
    }
    const object = this.get(plural, name);
    if (!object) return failure(404, "NotFound", `${plural} "${name}" not found`);
    if (method === "DELETE") this.#objects.delete(`${plural}/${name}`);
    return [200, object];
  }
}

if (import.meta.main) {
  const server = new ApiServer();
  server.set("nodes", { kind: "Node", metadata: { name: "node-1" }, status: { phase: "Ready" } });
  server.set("pods", {
    kind: "Pod",
    metadata: { name: "web-1" },
    spec: { nodeName: "node-1" },
    status: { phase: "Running" },
  });
  server.set("pods", { kind: "Pod", metadata: { name: "web-22" }, spec: {}, status: { phase: "Pending" } });
  console.log(`listening on ${await server.listen(Number(process.env.PORT ?? 8080))}`);
}

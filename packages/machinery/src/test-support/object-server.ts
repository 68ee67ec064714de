import type { KubeObject } from "../object.ts";
import { json, type ScriptedServer, scriptedServer } from "./scripted-server.ts";

export interface ObjectStore {
  objects: Map<string, KubeObject>;
  revision: number;
}

export interface ObjectServer extends ScriptedServer {
  /** By path: /api/v1/namespaces/default/pods/web */
  objects: Map<string, KubeObject>;
  /** To be handed to another server that shows the same objects. */
  store: ObjectStore;
  /** While set, every request is answered with 503. */
  down: boolean;
}

/**
 * Objects with compare-and-swap and nothing else: as much of an API server as recorder, owners and leader election stand on. It is not to
 * grow; what needs more is tested against the real one in test/e2e.
 */
export async function objectServer(store: ObjectStore = { objects: new Map(), revision: 0 }): Promise<ObjectServer> {
  const { objects } = store;
  const put = (path: string, object: KubeObject): Answered => {
    store.revision += 1;
    object.metadata = { ...object.metadata, resourceVersion: String(store.revision) };
    objects.set(path, object);
    return [200, object];
  };
  const handle = (method: string, path: string, sent: KubeObject | undefined): Answered => {
    if (method === "POST" && sent) {
      const item = `${path}/${sent.metadata.name}`;
      return objects.has(item) ? refusal(409, "AlreadyExists") : put(item, sent);
    }
    const stored = objects.get(path);
    if (stored === undefined) return refusal(404, "NotFound");
    if (method === "PATCH") return put(path, { ...stored, ...sent });
    if (method !== "PUT" || !sent) return [200, stored];
    const { resourceVersion } = sent.metadata;
    const isStale = resourceVersion !== undefined && resourceVersion !== stored.metadata.resourceVersion;
    return isStale ? refusal(409, "Conflict") : put(path, sent);
  };
  const server: ObjectServer = {
    ...(await scriptedServer(({ method = "", url = "" }, response, body) => {
      const sent = body === "" ? undefined : (JSON.parse(body) as KubeObject);
      const answered = server.down ? refusal(503, "ServiceUnavailable") : handle(method, url.split("?")[0] ?? "", sent);
      json(response, ...answered);
    })),
    objects,
    store,
    down: false,
  };
  return server;
}

type Answered = [status: number, body: unknown];

function refusal(code: number, reason: string): Answered {
  return [code, { apiVersion: "v1", kind: "Status", status: "Failure", code, reason, message: reason }];
}

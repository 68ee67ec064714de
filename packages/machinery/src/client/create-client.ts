import { type Logger, silentLogger } from "@drydock/kit";
import { failure } from "../errors.ts";
import type { ResourceType } from "../kind.ts";
import { apiVersionOf } from "../kind.ts";
import type { KubeObject, ObjectList } from "../object.ts";
import type {
  Client,
  ClientConfig,
  ClientCredentials,
  DeleteOptions,
  ListOptions,
  NamespacedName,
  PatchType,
  WriteOptions,
} from "./client.ts";
import { queryString, resourcePath } from "./resource-path.ts";
import { isStatus } from "./status.ts";
import type { Request, Response, Transport } from "./transport.ts";
import { watchResource } from "./watch-resource.ts";
import { connectWebSocket } from "./web-socket.ts";

export interface CreateClientOptions {
  logger?: Logger;
  /** `name/version`; the part before the slash is also the field manager. */
  userAgent?: string;
  /** A request (not a watch or stream) that is not answered for so long fails, ms. 30 s unless stated. */
  requestTimeoutMs?: number;
  /**
   * Instead of the configuration's certificate: asked with each request. When it returns another object than before, new connections
   * show that one, and those before end when what they carry has ended, a watch included.
   */
  credentials?: () => ClientCredentials;
}

const patchTypes: Record<PatchType, string> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  // Server-side apply takes YAML, and JSON is YAML.
  apply: "application/apply-patch+yaml",
};

/** A client of one API server. Opens no connection before the first request; `close` ends all of them. */
export function createClient(config: ClientConfig, options: CreateClientOptions = {}): Client {
  const { logger = silentLogger, userAgent = "drydock", requestTimeoutMs = 30_000 } = options;
  const fieldManager = userAgent.split("/")[0] ?? userAgent;
  const baseHeaders: Record<string, string> = {
    "user-agent": userAgent,
    accept: "application/json",
    ...(config.token === undefined ? {} : { authorization: `Bearer ${config.token}` }),
  };
  // The HTTP library is loaded with the first request: who imports us for types or constants does not pay for it.
  let loading: Promise<Transport> | undefined;
  let closed = false;
  const transport = (): Promise<Transport> => {
    if (closed) return Promise.reject(failure("API_UNAVAILABLE", `the client of ${config.server} has been closed`));
    loading ??= import("./transport.ts").then(({ createTransport }) => createTransport(config, options.credentials));
    return loading;
  };

  const send = async (request: Partial<Request> & Pick<Request, "method" | "path">): Promise<Response> => {
    const started = performance.now();
    const full: Request = {
      headersTimeoutMs: requestTimeoutMs,
      idleTimeoutMs: requestTimeoutMs,
      ...request,
      headers: { ...baseHeaders, ...request.headers },
    };
    const response = await (await transport()).send(full);
    const ms = Math.round(performance.now() - started);
    logger.debug({ method: full.method, path: full.path, status: response.status, ms }, "api request");
    return response;
  };

  const exchange = async <T>(
    method: string,
    path: string,
    {
      body,
      contentType = "application/json",
      signal,
    }: { body?: unknown; contentType?: string; signal?: AbortSignal | undefined } = {},
  ): Promise<T> => {
    const response = await send({
      method,
      path,
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": contentType } }),
    });
    let text: string;
    try {
      text = await response.body.text();
    } catch (cause) {
      throw signal?.aborted
        ? signal.reason
        : failure("API_UNAVAILABLE", `${method} ${path}: the answer broke off`, { cause });
    }
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw failure("API_PROTOCOL", `${method} ${path}: the answer is not JSON: ${text.slice(0, 100)}`, { cause });
    }
  };

  const namespaceOf = (type: ResourceType, namespace: string | undefined): string | undefined =>
    type.namespaced ? (namespace ?? config.namespace ?? "default") : undefined;
  const pathOf = (type: ResourceType, { namespace, name }: NamespacedName, subresource?: string): string =>
    resourcePath(type, { namespace: namespaceOf(type, namespace), name, subresource });

  const put = <T extends KubeObject>(type: ResourceType<T>, object: T, write: WriteOptions, subresource?: string) =>
    exchange<T>("PUT", pathOf(type, object.metadata, subresource) + writeQuery(write, fieldManager), {
      body: typed(type, object),
      signal: write.signal,
    });

  return {
    get: (type, key, { signal } = {}) => exchange("GET", pathOf(type, key), { signal }),

    async list<T extends KubeObject>(type: ResourceType<T>, list: ListOptions = {}) {
      const { namespace, signal, ...query } = list;
      const path = resourcePath(type, { namespace }) + queryString(query);
      const answer = await exchange<ObjectList<T>>("GET", path, { signal });
      // Kubernetes leaves these out of the items of a list; objects that travel alone need them.
      answer.items = (answer.items ?? []).map((item) => typed(type, item));
      return answer;
    },

    watch: (type, watch = {}) => watchResource(type, watch, send),

    create: (type, object, write = {}) =>
      exchange(
        "POST",
        resourcePath(type, { namespace: namespaceOf(type, object.metadata.namespace) }) +
          writeQuery(write, fieldManager),
        { body: typed(type, object), signal: write.signal },
      ),

    update: (type, object, write = {}) => put(type, object, write),
    updateStatus: (type, object, write = {}) => put(type, object, write, "status"),

    patch: (type, key, patchType, patch, { subresource, force, ...write } = {}) =>
      exchange(
        "PATCH",
        pathOf(type, key, subresource) + writeQuery(write, fieldManager, patchType === "apply" ? force : undefined),
        { body: patch, contentType: patchTypes[patchType], signal: write.signal },
      ),

    async delete<T extends KubeObject>(type: ResourceType<T>, key: NamespacedName, options: DeleteOptions = {}) {
      const { dryRun, signal, ...rest } = options;
      const body = {
        apiVersion: "v1",
        kind: "DeleteOptions",
        ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
        ...(dryRun ? { dryRun: ["All"] } : {}),
      };
      const answer = await exchange<T>("DELETE", pathOf(type, key), { body, signal });
      return isStatus(answer) ? undefined : answer;
    },

    createSubresource: (type, key, subresource, body, write = {}) =>
      exchange("POST", pathOf(type, key, subresource) + writeQuery(write, fieldManager), {
        body,
        signal: write.signal,
      }),

    async stream(method, path, { body, headers = {}, signal } = {}) {
      const asIs = typeof body === "string" || body instanceof Uint8Array;
      const {
        status,
        headers: answered,
        body: bytes,
      } = await send({
        method,
        path,
        signal,
        headers: { ...(body === undefined || asIs ? {} : { "content-type": "application/json" }), ...headers },
        ...(body === undefined ? {} : { body: asIs ? body : JSON.stringify(body) }),
        idleTimeoutMs: 0,
      });
      return { status, headers: answered, body: bytes };
    },

    connect(path, protocols) {
      const { accept: _, ...headers } = baseHeaders;
      return connectWebSocket({ ...config, ...options.credentials?.() }, path, protocols, headers);
    },

    async close() {
      closed = true;
      await (await loading)?.close();
    },
  };
}

function writeQuery({ dryRun, fieldValidation, ...write }: WriteOptions, manager: string, force?: boolean): string {
  return queryString({
    dryRun: dryRun ? "All" : undefined,
    fieldManager: write.fieldManager ?? manager,
    fieldValidation,
    force,
  });
}

function typed<T extends KubeObject>(type: ResourceType<T>, object: T): T {
  if (object.kind && object.apiVersion) return object;
  return { ...object, apiVersion: apiVersionOf(type), kind: type.kind };
}

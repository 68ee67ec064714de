import type { ResourceType } from "../kind.ts";
import type { KubeObject, ObjectList } from "../object.ts";

export interface NamespacedName {
  namespace?: string | undefined;
  name: string;
}

export interface ListOptions {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  limit?: number | undefined;
  continue?: string | undefined;
  resourceVersion?: string | undefined;
  resourceVersionMatch?: "Exact" | "NotOlderThan" | undefined;
  signal?: AbortSignal | undefined;
}

export interface WatchOptions extends Omit<ListOptions, "limit" | "continue"> {
  allowWatchBookmarks?: boolean | undefined;
  sendInitialEvents?: boolean | undefined;
  timeoutSeconds?: number | undefined;
  /**
   * A watch with bookmarks that brings nothing for so long, ms, is taken for dead and throws API_WATCH_IDLE: a peer that vanished without
   * a word (a pulled cable, a dropped route) looks just like silence. 90 s unless stated.
   */
  idleTimeoutMs?: number | undefined;
}

export type WatchEvent<T extends KubeObject> =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: T }
  | {
      type: "BOOKMARK";
      object: Pick<T, "apiVersion" | "kind"> & {
        metadata: { resourceVersion: string; annotations?: Record<string, string> };
      };
    };

export interface WriteOptions {
  dryRun?: boolean | undefined;
  fieldManager?: string | undefined;
  fieldValidation?: "Strict" | "Warn" | "Ignore" | undefined;
  signal?: AbortSignal | undefined;
}

export interface DeleteOptions {
  propagationPolicy?: "Foreground" | "Background" | "Orphan" | undefined;
  gracePeriodSeconds?: number | undefined;
  preconditions?: { uid?: string; resourceVersion?: string } | undefined;
  dryRun?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

export type PatchType = "json" | "merge" | "strategic" | "apply";

/**
 * A typed client of the API server. Every failure is a DrydockError: `API_NOT_FOUND`, `API_CONFLICT`, `API_ALREADY_EXISTS`, `API_EXPIRED`
 * (410, list again), `API_FORBIDDEN`, `API_UNAUTHORIZED`, `API_INVALID`, `API_TOO_MANY_REQUESTS`, `API_UNAVAILABLE` (not reached, or 5xx) and the rest of errors.ts, with the server's Status in `details.status`.
 */
export interface Client {
  get<T extends KubeObject>(
    type: ResourceType<T>,
    key: NamespacedName,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<T>;
  list<T extends KubeObject>(type: ResourceType<T>, options?: ListOptions): Promise<ObjectList<T>>;
  /** Ends when the server ends it or the signal aborts; throws API_EXPIRED when the revision is too old. Never reconnects by itself: informers do. */
  watch<T extends KubeObject>(type: ResourceType<T>, options?: WatchOptions): AsyncIterable<WatchEvent<T>>;
  create<T extends KubeObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<T>;
  /** Compare-and-swap when the object carries a resourceVersion. */
  update<T extends KubeObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<T>;
  updateStatus<T extends KubeObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject>(
    type: ResourceType<T>,
    key: NamespacedName,
    patchType: PatchType,
    patch: unknown,
    options?: WriteOptions & { subresource?: string; force?: boolean },
  ): Promise<T>;
  /** The object as the server left it (still there with finalizers), or undefined when it is gone. */
  delete<T extends KubeObject>(
    type: ResourceType<T>,
    key: NamespacedName,
    options?: DeleteOptions,
  ): Promise<T | undefined>;
  /** POST to a subresource of one object, e.g. pods/binding. */
  createSubresource(
    type: ResourceType,
    key: NamespacedName,
    subresource: string,
    body: unknown,
    options?: WriteOptions,
  ): Promise<unknown>;
  /**
   * Any request; the body of the answer as a stream of bytes. For logs, discovery and raw access. A text or bytes as body are sent as they are,
   * anything else as JSON. Answers of 400 and more are thrown like those of the other methods.
   */
  stream(
    method: string,
    path: string,
    options?: { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal },
  ): Promise<{ status: number; headers: Record<string, string>; body: AsyncIterable<Uint8Array> }>;
  /** Opens a WebSocket (exec, attach, port-forward); rejects with the server's Status when the upgrade is refused. */
  connect(path: string, protocols: string[]): Promise<import("ws").WebSocket>;
  close(): Promise<void>;
}

/** What a client shows to be known: a certificate and its key, PEM. */
export interface ClientCredentials {
  readonly cert: string;
  readonly key: string;
}

/** How to reach an API server and who we are. PEM texts, not paths. */
export interface ClientConfig {
  /** e.g. https://127.0.0.1:6443 */
  server: string;
  ca: string;
  cert?: string;
  key?: string;
  token?: string;
  /** Namespace for requests that name none; "default" unless stated. */
  namespace?: string;
}

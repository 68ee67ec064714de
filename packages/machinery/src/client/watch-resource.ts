import { hasCode } from "@drydock/kit";
import { failure } from "../errors.ts";
import type { ResourceType } from "../kind.ts";
import type { KubeObject } from "../object.ts";
import type { WatchEvent, WatchOptions } from "./client.ts";
import { linesOf } from "./json-lines.ts";
import { queryString, resourcePath } from "./resource-path.ts";
import { errorFromStatus, isStatus } from "./status.ts";
import type { Request, Response } from "./transport.ts";

const DEFAULT_IDLE_TIMEOUT_MS = 90_000;

/**
 * One watch request. Iteration ends when the server ends the answer in good order or the signal aborts; all else throws. Leaving the
 * loop closes the connection.
 */
export async function* watchResource<T extends KubeObject>(
  type: ResourceType<T>,
  options: WatchOptions,
  send: (request: Pick<Request, "method" | "path"> & Partial<Request>) => Promise<Response>,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const { namespace, signal, idleTimeoutMs = DEFAULT_IDLE_TIMEOUT_MS, ...query } = options;
  const path = resourcePath(type, { namespace });
  const request = {
    method: "GET",
    path: path + queryString({ watch: true, ...query }),
    signal,
    // Without bookmarks silence is normal and proves nothing.
    idleTimeoutMs: options.allowWatchBookmarks ? idleTimeoutMs : 0,
  };
  try {
    const { body } = await send(request);
    for await (const line of linesOf(body)) yield eventOf<T>(line, path);
  } catch (error) {
    if (signal?.aborted) return;
    if (hasCode(error)) throw error;
    if (isBodyTimeout(error)) {
      throw failure("API_WATCH_IDLE", `the watch of ${path} brought nothing for ${idleTimeoutMs} ms`, { cause: error });
    }
    throw failure("API_UNAVAILABLE", `the watch of ${path} broke off`, { cause: error });
  }
}

function eventOf<T extends KubeObject>(line: string, path: string): WatchEvent<T> {
  let event: { type?: unknown; object?: unknown };
  try {
    event = JSON.parse(line) as typeof event;
  } catch (cause) {
    throw failure("API_PROTOCOL", `the watch of ${path} brought a line that is not JSON: ${line.slice(0, 100)}`, {
      cause,
    });
  }
  if (event.type === "ERROR") {
    if (!isStatus(event.object)) throw failure("API_PROTOCOL", `the watch of ${path} ended with an unknown error`);
    throw errorFromStatus(event.object, event.object.code ?? 500, `watch of ${path}`);
  }
  return event as WatchEvent<T>;
}

function isBodyTimeout(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "UND_ERR_BODY_TIMEOUT";
}

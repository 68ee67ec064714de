import type { ServerResponse } from "node:http";
import { hasCode } from "@drydock/kit";
import { withDeadline } from "../http/request-signal.ts";
import { listObjects } from "../registry/list.ts";
import type { Registry } from "../registry/registry.ts";
import type { Resource } from "../registry/resource.ts";
import type { Selection } from "../registry/selection.ts";
import { expired } from "../status/refusals.ts";
import { statusOfError } from "../status/status-of-error.ts";
import { idleBookmarks } from "./bookmark-schedule.ts";
import { changesAfter } from "./changes-after.ts";
import { FrameSink } from "./frame-sink.ts";
import type { FrameWriter } from "./frames.ts";
import { projectChange } from "./project.ts";
import type { WatchOptions } from "./watch-options.ts";

export interface WatchRequest {
  registry: Registry;
  resource: Resource;
  namespace: string;
  selection: Selection;
  options: WatchOptions;
  frames: FrameWriter;
  contentType: string;
  /** Ends when the client goes away or the server closes. */
  signal: AbortSignal;
}

/** A watcher that asks for bookmarks gets one at least this often, ms. */
const bookmarkEveryMs = 60_000;

/**
 * Streams changes until the client leaves, its time is over, or it cannot keep up. Headers go out at once. What goes
 * wrong after that is an ERROR event with a Status: 410 tells the client to list again.
 */
export async function serveWatch(request: WatchRequest, response: ServerResponse): Promise<void> {
  const { registry, resource, namespace, selection, options, frames } = request;
  await resource.cache.ready();
  response.writeHead(200, { "content-type": request.contentType, "cache-control": "no-cache, private" });
  response.flushHeaders();
  const { signal, release } = withDeadline(request.signal, options.timeoutMs);
  const sink = new FrameSink(response, signal);
  let idle: ReturnType<typeof idleBookmarks.add> | undefined;
  try {
    let after: number | "now";
    if (options.start === "latest" || options.start === "any") {
      const freshness = { kind: options.start } as const;
      const page = await listObjects(registry, resource, namespace, selection, {
        freshness,
        limit: 0,
        from: undefined,
      });
      for (const object of page.items) await sink.write(frames.object("ADDED", object));
      if (options.markInitialEnd) await sink.write(frames.bookmark(page.revision, true));
      after = page.revision;
    } else {
      after = options.start;
    }
    let reached = after === "now" ? resource.cache.revision : after;
    let bookmarkAt = Date.now() + bookmarkEveryMs;
    if (options.bookmarks) idle = idleBookmarks.add(() => void sink.write(frames.bookmark(reached)));
    for await (const event of changesAfter(registry, resource, namespace, after, signal)) {
      reached = event.revision;
      if (event.type !== "PROGRESS") {
        const change = projectChange(event, selection);
        if (change) {
          idle?.sent();
          await sink.write(frames.change(event, change));
        }
      }
      if (!options.bookmarks || (event.type !== "PROGRESS" && Date.now() < bookmarkAt)) continue;
      await sink.write(frames.bookmark(event.revision));
      idle?.sent();
      bookmarkAt = Date.now() + bookmarkEveryMs;
    }
  } catch (error) {
    // A client that is too slow is cut off; it resumes after the last event that it has read.
    if (hasCode(error, "CACHE_SLOW_CONSUMER")) response.destroy();
    else if (!signal.aborted) await sink.write(frames.error(statusOfError(asExpired(error, options))));
  } finally {
    idle?.end();
    release();
    sink.end();
  }
}

/** The history after the client's revision is gone, from the cache or from etcd. */
export function asExpired(error: unknown, { start }: Pick<WatchOptions, "start">): unknown {
  if (!hasCode(error, "CACHE_EXPIRED", "STORE_COMPACTED")) return error;
  const oldest = error.details.compactRevision ?? error.details.oldestAfter;
  const from = typeof start === "number" ? `: ${start}${oldest === undefined ? "" : ` (${oldest})`}` : "";
  return expired(`too old resource version${from}`);
}

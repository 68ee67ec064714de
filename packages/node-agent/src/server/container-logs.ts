import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { errnoOf } from "@drydock/kit";
import { type FollowHooks, readLog } from "../logs/read-log.ts";
import type { ObservedContainer, PodRuntime } from "../port/pod-runtime.ts";
import { type ContainerPath, findLogged, type PodLookup } from "./find-container.ts";
import { flagOf, logOptionsOf } from "./query.ts";

/** `GET /containerLogs/<namespace>/<pod>/<container>`, with the options of `kubectl logs`. */
export async function containerLogs(
  lookup: PodLookup,
  path: ContainerPath,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const options = logOptionsOf(query, Date.now());
  const run = await findLogged(lookup, path, flagOf(query, "previous"));
  const closed = new AbortController();
  response.once("close", () => closed.abort());
  response.writeHead(200, { "content-type": "text/plain" });
  // A follower sees that the container is quiet, not that the request hangs.
  response.flushHeaders();
  const log = readLog(run.logPath, options, followHooks(lookup.runtime, run, closed.signal));
  try {
    await pipeline(Readable.from(log, { objectMode: false }), response);
  } catch (error) {
    // The reader hung up, e.g. Ctrl-C of `kubectl logs -f`.
    if (!closed.signal.aborted && errnoOf(error) !== "EPIPE") throw error;
  }
}

export function followHooks(runtime: PodRuntime, run: ObservedContainer, signal: AbortSignal): FollowHooks {
  return {
    async running() {
      const pod = await runtime.observePod(run.podUid);
      return pod?.containers.find(({ id }) => id === run.id)?.state === "running";
    },
    onChange: (listener) =>
      runtime.onChange((uid) => {
        if (uid === run.podUid) listener();
      }),
    signal,
  };
}

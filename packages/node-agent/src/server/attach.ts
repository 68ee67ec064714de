import type { WebSocket } from "ws";
import { readEntries } from "../logs/read-log.ts";
import type { ObservedContainer, PodRuntime } from "../port/pod-runtime.ts";
import { Channels, channel } from "./channels.ts";
import { followHooks } from "./container-logs.ts";
import { flagOf } from "./query.ts";

/** Follows what a container prints from now on. Its stdin is not open: pods with `stdin: true` are refused by the API. */
export async function serveAttach(
  runtime: PodRuntime,
  run: ObservedContainer,
  query: URLSearchParams,
  socket: WebSocket,
): Promise<void> {
  const channels = new Channels(socket);
  const closed = new AbortController();
  socket.once("close", () => closed.abort());
  const wanted = { stdout: flagOf(query, "stdout"), stderr: flagOf(query, "stderr") };
  await channels.send(wanted.stdout ? channel.stdout : wanted.stderr ? channel.stderr : channel.error, "");
  const hooks = followHooks(runtime, run, closed.signal);
  for await (const { stream, partial, content } of readEntries(run.logPath, { follow: true, tailLines: 0 }, hooks)) {
    if (!wanted[stream]) continue;
    await channels.send(channel[stream], partial ? content : Buffer.concat([content, newline]));
  }
  await channels.finish({ metadata: {}, status: "Success" });
}

const newline = Buffer.from("\n");

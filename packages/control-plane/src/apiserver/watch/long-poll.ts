import { apiVersionOf } from "@drydock/machinery";
import { withDeadline } from "../http/request-signal.ts";
import { listObjects } from "../registry/list.ts";
import { selectionOf } from "../registry/selection.ts";
import { renderObject } from "../render/render.ts";
import { type ResourceCall, viewOf } from "../server/resource-routes.ts";
import { sendData } from "../server/send.ts";
import { badRequest } from "../status/refusals.ts";
import { changesAfter } from "./changes-after.ts";
import { projectChange } from "./project.ts";
import { asExpired } from "./serve-watch.ts";
import { readWatchOptions } from "./watch-options.ts";

const longestMs = 5 * 60_000;

/**
 * A watch for clients that have nothing but GET: `?poll=30s&resourceVersion=N` answers with the changes after N as soon
 * as there are any, or with none after the time. Without a revision it answers with what is there. The answer's own
 * revision is what to ask with next.
 */
export async function serveLongPoll(call: ResourceCall): Promise<unknown> {
  const { request, reply, operation } = call;
  const { query, signal: gone } = request.context;
  const { registry, resource, namespace } = operation;
  const view = viewOf(call);
  const selection = selectionOf(resource.kind, query);
  const waitMs = readWait(query.get("poll") ?? "");
  const { start } = readWatchOptions(query);
  const events: object[] = [];
  let revision: number;
  await resource.cache.ready();
  if (typeof start === "number") {
    revision = start;
    const { signal, release } = withDeadline(gone, waitMs);
    try {
      for await (const event of changesAfter(registry, resource, namespace, start, signal)) {
        revision = event.revision;
        const change = event.type === "PROGRESS" ? undefined : projectChange(event, selection);
        if (change) events.push({ type: change.type, object: renderObject(view, change.object) });
        // Everything that is there already comes in one answer.
        if (events.length > 0 && revision >= resource.cache.revision) break;
      }
    } catch (error) {
      throw asExpired(error, { start });
    } finally {
      release();
    }
  } else {
    const freshness = { kind: start === "now" ? "any" : start } as const;
    const page = await listObjects(registry, resource, namespace, selection, { freshness, limit: 0, from: undefined });
    revision = page.revision;
    for (const object of page.items) events.push({ type: "ADDED", object: renderObject(view, object) });
  }
  const metadata = { resourceVersion: String(revision) };
  const answer = { kind: `${resource.kind.kind}EventList`, apiVersion: apiVersionOf(resource.kind), metadata, events };
  return sendData(reply, answer, view.rendering.format);
}

function readWait(text: string): number {
  const match = /^(\d+)(ms|s|m)?$/.exec(text);
  if (!match) throw badRequest(`poll: Invalid value: ${JSON.stringify(text)}: must be a time such as 30s`);
  const unit = { ms: 1, s: 1000, m: 60_000 }[match[2] ?? "s"] as number;
  return Math.min(Number(match[1]) * unit, longestMs);
}

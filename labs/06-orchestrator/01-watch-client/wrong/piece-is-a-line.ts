// fails at pieces: tells
/**
 * node watch.ts       prints the ConfigMaps of the namespace "default" and every change of them, until it is killed. The API server is at $API, plain HTTP.
 *
 * One JSON text a line: {"type": "ADDED", "name": "a", "value": "1"}, where value is data.value. MODIFIED and DELETED in the same way, DELETED without value.
 * What is there at the beginning is ADDED.
 */
import { setTimeout as sleep } from "node:timers/promises";

const path = "/api/v1/namespaces/default/configmaps";

interface ConfigMap {
  metadata: { name: string; resourceVersion: string };
  data?: Record<string, string>;
}

interface WatchEvent {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: ConfigMap & { code?: number };
}

/** What we have told, by name. */
const known = new Map<string, ConfigMap>();
/** Up to where we have seen everything; undefined: nothing yet, or too long ago. */
let revision: string | undefined;

function tell(type: string, { metadata, data }: ConfigMap): void {
  const value = type === "DELETED" ? {} : { value: data?.value };
  console.log(JSON.stringify({ type, name: metadata.name, ...value }));
}

function put(object: ConfigMap): void {
  const old = known.get(object.metadata.name);
  known.set(object.metadata.name, object);
  if (old?.metadata.resourceVersion !== object.metadata.resourceVersion) tell(old ? "MODIFIED" : "ADDED", object);
}

function remove(object: ConfigMap): void {
  if (known.delete(object.metadata.name)) tell("DELETED", object);
}

/** Tells how what is there now differs from what we know. */
async function list(): Promise<void> {
  const response = await fetch(`${process.env.API}${path}`);
  if (!response.ok) throw new Error(`list: ${response.status}`);
  const { metadata, items } = (await response.json()) as { metadata: { resourceVersion: string }; items: ConfigMap[] };
  const there = new Set(items.map((item) => item.metadata.name));
  for (const object of known.values()) if (!there.has(object.metadata.name)) remove(object);
  for (const item of items) put(item);
  revision = metadata.resourceVersion;
}

/** Ends with the connection; what came until then has been told. */
async function watch(): Promise<void> {
  const response = await fetch(
    `${process.env.API}${path}?watch=1&allowWatchBookmarks=true&resourceVersion=${revision}`,
  );
  if (response.status === 410) revision = undefined;
  if (!response.ok) return;
  for await (const line of lines(response.body as ReadableStream<Uint8Array>)) {
    const { type, object } = JSON.parse(line) as WatchEvent;
    if (type === "ERROR") {
      if (object.code === 410) revision = undefined;
      return;
    }
    revision = object.metadata.resourceVersion;
    if (type === "DELETED") remove(object);
    else if (type !== "BOOKMARK") put(object);
  }
}

async function* lines(pieces: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  for await (const piece of pieces) yield* new TextDecoder().decode(piece).trim().split("\n");
}

for (;;) {
  try {
    if (revision === undefined) await list();
    await watch();
  } catch (error) {
    console.error(`lost the API server: ${error instanceof Error ? error.message : error}`);
  }
  // A server that has just restarted is not helped by a thousand clients at once.
  await sleep(50 + 100 * Math.random());
}

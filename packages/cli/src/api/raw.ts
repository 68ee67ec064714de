import { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import type { Client } from "@drydock/machinery";

interface RawOptions {
  headers?: Record<string, string>;
  body?: unknown;
  signal?: AbortSignal;
}

/** A request that the typed client has no method for; the answer is JSON. */
export async function requestJson<T>(
  client: Client,
  method: string,
  path: string,
  options: RawOptions = {},
): Promise<T> {
  const { body } = await client.stream(method, path, options);
  const answer = (await json(Readable.from(body))) as T;
  // The connection is free again in the next turn of the event loop; a request before that would open a second one.
  await setImmediate();
  return answer;
}

export function getJson<T>(client: Client, path: string, options: RawOptions = {}): Promise<T> {
  return requestJson<T>(client, "GET", path, options);
}

/** `?a=1&b=2` of what is set; empty without any. */
export function queryOf(values: Record<string, string | number | boolean | readonly string[] | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === false) continue;
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

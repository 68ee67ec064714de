import { hasCode } from "@drydock/kit";
import type { IKeyValue, IRangeRequest, IRangeResponse } from "etcd3";
import { callEtcd } from "./etcd-call.ts";
import { keysWithPrefix } from "./key-range.ts";
import type { Members } from "./members.ts";
import type { StoredList, StoredValue } from "./store.ts";

/** What the verbs need: whom to ask, and the time limit of a call. */
export interface Verbs {
  members: Members;
  timeoutMs: number;
}

/** Keys fetched by one request: decoding more at a time would hold up the event loop for longer than 10 ms or so. */
const CHUNK = 500;

/** A list without a revision that was overtaken by a compaction half-way is started again; twice is already unheard of. */
const LIST_ATTEMPTS = 3;

export function storedValue(kv: IKeyValue): StoredValue {
  return {
    key: kv.key.toString(),
    value: kv.value,
    modRevision: Number(kv.mod_revision),
    createRevision: Number(kv.create_revision),
  };
}

export function range(verbs: Verbs, what: string, request: IRangeRequest): Promise<IRangeResponse> {
  return callEtcd({
    what,
    write: false,
    ...verbs,
    send: (kv, options) => kv.range(request, options),
  });
}

export async function getKey(verbs: Verbs, key: string): Promise<StoredValue | undefined> {
  const { kvs } = await range(verbs, `get ${key}`, { key: Buffer.from(key) });
  return kvs[0] && storedValue(kvs[0]);
}

export interface ListOptions {
  /** Limit on each request, ms; that of the store unless stated. */
  timeoutMs?: number;
  limit?: number;
  after?: string;
  revision?: number;
}

export async function listKeys(verbs: Verbs, prefix: string, options: ListOptions): Promise<StoredList> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await listOnce(verbs, prefix, options);
    } catch (error) {
      const overtaken = options.revision === undefined && hasCode(error, "STORE_COMPACTED");
      if (!overtaken || attempt === LIST_ATTEMPTS) throw error;
    }
  }
}

/** Reads in chunks, all at the revision of the first one, so that the whole is one snapshot. */
async function listOnce(verbs: Verbs, prefix: string, options: ListOptions): Promise<StoredList> {
  const limit = options.limit && options.limit > 0 ? options.limit : Number.POSITIVE_INFINITY;
  const items: StoredValue[] = [];
  let revision = options.revision ?? 0;
  let after = options.after;
  for (;;) {
    const response = await range({ ...verbs, timeoutMs: options.timeoutMs ?? verbs.timeoutMs }, `list ${prefix}`, {
      ...rangeFields(prefix, after),
      limit: Math.min(CHUNK, limit - items.length),
      revision,
    });
    revision ||= Number(response.header.revision);
    for (const kv of response.kvs) items.push(storedValue(kv));
    const last = items.at(-1)?.key;
    // The count is that of the whole range, whatever the limit.
    const remaining = Number(response.count) - response.kvs.length;
    if (remaining <= 0 || last === undefined) return { revision, items, remaining: 0 };
    if (items.length >= limit) return { revision, items, next: last, remaining };
    after = last;
  }
}

function rangeFields(prefix: string, after: string | undefined): Pick<IRangeRequest, "key" | "range_end"> {
  const { key, rangeEnd } = keysWithPrefix(prefix, after);
  return { key, range_end: rangeEnd };
}

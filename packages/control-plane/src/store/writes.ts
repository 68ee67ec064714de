import type { DrydockError } from "@drydock/kit";
import type { ICompare, IRequestOp, ITxnResponse } from "etcd3";
import { failure } from "../errors.ts";
import { callEtcd } from "./etcd-call.ts";
import { etcdFault } from "./etcd-fault.ts";
import { storedValue, type Verbs } from "./reads.ts";
import type { StoredValue } from "./store.ts";

/** Every write is one transaction: if the key is as the writer knows it, change it, else read what is there. */
interface GuardedWrite {
  what: string;
  key: Buffer;
  guard: ICompare;
  change: IRequestOp;
}

type Outcome = { revision: number } | { current: StoredValue | undefined };

async function guardedWrite(verbs: Verbs, { what, key, guard, change }: GuardedWrite): Promise<Outcome> {
  const response: ITxnResponse = await callEtcd({
    what,
    write: true,
    ...verbs,
    send: (kv, options) =>
      kv.txn({ compare: [guard], success: [change], failure: [{ request_range: { key } }] }, options),
  });
  if (response.succeeded) return { revision: Number(response.header.revision) };
  const kv = response.responses[0]?.response_range.kvs[0];
  return { current: kv && storedValue(kv) };
}

export async function createKey(verbs: Verbs, key: string, value: Buffer): Promise<number> {
  const bytes = Buffer.from(key);
  const outcome = await guardedWrite(verbs, {
    what: `create ${key}`,
    key: bytes,
    // A key that does not exist has create revision 0.
    guard: { target: "Create", result: "Equal", key: bytes, create_revision: 0 },
    change: { request_put: { key: bytes, value } },
  });
  if ("revision" in outcome) return outcome.revision;
  throw failure("STORE_EXISTS", `${key} exists already at revision ${outcome.current?.modRevision}`, {
    details: { current: outcome.current },
  });
}

export async function updateKey(verbs: Verbs, key: string, value: Buffer, modRevision: number): Promise<number> {
  const bytes = Buffer.from(key);
  const outcome = await guardedWrite(verbs, {
    what: `update ${key}`,
    key: bytes,
    guard: { target: "Mod", result: "Equal", key: bytes, mod_revision: modRevision },
    change: { request_put: { key: bytes, value } },
  });
  if ("revision" in outcome) return outcome.revision;
  throw lostRace(key, modRevision, outcome.current);
}

export async function deleteKey(verbs: Verbs, key: string, modRevision: number): Promise<number> {
  const bytes = Buffer.from(key);
  const outcome = await guardedWrite(verbs, {
    what: `delete ${key}`,
    key: bytes,
    guard: { target: "Mod", result: "Equal", key: bytes, mod_revision: modRevision },
    change: { request_delete_range: { key: bytes } },
  });
  if ("revision" in outcome) return outcome.revision;
  throw lostRace(key, modRevision, outcome.current);
}

export async function compactHistory(verbs: Verbs, revision: number): Promise<void> {
  const what = `compact to revision ${revision}`;
  await callEtcd({
    what,
    // Compacting twice is the same as once.
    write: false,
    ...verbs,
    send: async (kv, options) => {
      try {
        await kv.compact({ revision }, options);
      } catch (error) {
        // Already compacted at least as far.
        if (etcdFault(error) !== "compacted") throw error;
      }
    },
  });
}

function lostRace(key: string, modRevision: number, current: StoredValue | undefined): DrydockError {
  if (current === undefined) return failure("STORE_NOT_FOUND", `${key} is not there`);
  return failure("STORE_CONFLICT", `${key} is at revision ${current.modRevision}, not ${modRevision}`, {
    details: { current },
    hint: "read it again, apply the change to what is there, and write that",
  });
}

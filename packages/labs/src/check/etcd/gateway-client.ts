import { Agent, request } from "node:http";

/** A key as etcd has it. Revisions are numbers here: a check writes a few thousand. */
export interface EtcdKey {
  key: string;
  value: string;
  createRevision: number;
  modRevision: number;
  /** How often it was written since its creation. */
  version: number;
}

export interface EtcdChange {
  type: "put" | "delete";
  key: string;
  /** Empty for "delete". */
  value: string;
  revision: number;
}

/** What a check asks etcd for, by its JSON gateway (api/etcdserverpb/gw): no library to load, and no code in common with what is checked. */
export interface EtcdClient {
  /** Any call: `call("/v3/maintenance/status", {})`. Bytes are base64, as protobuf's JSON has them. Rejects with what etcd says. */
  call(path: string, body: unknown): Promise<Record<string, unknown>>;
  /** The revision of the change. */
  put(key: string, value: string): Promise<number>;
  delete(key: string): Promise<number>;
  get(key: string, revision?: number): Promise<EtcdKey | undefined>;
  list(prefix: string, revision?: number): Promise<{ revision: number; items: EtcdKey[] }>;
  compact(revision: number): Promise<void>;
  /** Every change below `prefix` from revision `from` to `to`, both included, in order. */
  history(prefix: string, from: number, to: number): Promise<EtcdChange[]>;
  /** Calls `onChange` for every change below `prefix` from revision `from` on. Ends by the function that it returns, or with etcd. */
  watch(prefix: string, from: number, onChange: (change: EtcdChange) => void): () => void;
}

interface RawKey {
  key: string;
  value?: string;
  create_revision?: string;
  mod_revision: string;
  version?: string;
}

interface RawEvent {
  type?: "DELETE";
  kv: RawKey;
}

const CALL_MS = 5_000;
/** A cluster that elects a leader answers nobody for a second or two. */
const PATIENCE_MS = 20_000;
const PAUSE_MS = 50;

const encode = (text: string): string => Buffer.from(text).toString("base64");
const decode = (text: string | undefined): string => Buffer.from(text ?? "", "base64").toString();

/** The first key behind all with this prefix. */
function endOf(prefix: string): string {
  const bytes = Buffer.from(prefix);
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) + 1;
  return bytes.toString("base64");
}

function keyOf(raw: RawKey): EtcdKey {
  return {
    key: decode(raw.key),
    value: decode(raw.value),
    createRevision: Number(raw.create_revision ?? 0),
    modRevision: Number(raw.mod_revision),
    version: Number(raw.version ?? 0),
  };
}

class Refused extends Error {}

/** One call to one member. Refused when etcd says no, any other error when nobody answers. */
export function callMember(
  agent: Agent,
  endpoint: string,
  path: string,
  body: unknown,
): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const sent = request(`${endpoint}${path}`, { method: "POST", agent, timeout: CALL_MS }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", reject).on("end", () => {
        if (response.statusCode === 200) return resolve(JSON.parse(text));
        const unavailable = response.statusCode === 503 || /no leader|timed out|leader changed/.test(text);
        reject(unavailable ? new Error(text) : new Refused(text));
      });
    });
    sent.on("timeout", () => sent.destroy(new Error(`${endpoint} did not answer within ${CALL_MS} ms`)));
    sent.on("error", reject).end(JSON.stringify(body));
  });
}

/** A client of whichever of these members answers. */
export function gatewayClient(endpoints: readonly string[]): EtcdClient {
  const agent = new Agent({ keepAlive: true });
  let preferred = 0;

  async function call(path: string, body: unknown): Promise<Record<string, unknown>> {
    const deadline = performance.now() + PATIENCE_MS;
    while (true) {
      try {
        return await callMember(agent, endpoints[preferred] as string, path, body);
      } catch (error) {
        if (error instanceof Refused || performance.now() > deadline) throw error;
        preferred = (preferred + 1) % endpoints.length;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }

  const revisionOf = (answer: Record<string, unknown>): number =>
    Number((answer.header as { revision: string }).revision);
  const keysOf = (answer: Record<string, unknown>): EtcdKey[] => ((answer.kvs as RawKey[]) ?? []).map(keyOf);

  function watch(prefix: string, from: number, onChange: (change: EtcdChange) => void): () => void {
    const sent = request(`${endpoints[preferred]}/v3/watch`, { method: "POST" }, (response) => {
      let rest = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          const { result } = JSON.parse(line) as { result?: { events?: RawEvent[] } };
          for (const { type, kv } of result?.events ?? []) {
            const { key, value, modRevision: revision } = keyOf(kv);
            if (key.startsWith(prefix)) onChange({ type: type ? "delete" : "put", key, value, revision });
          }
        }
      });
      // Its end is that of the member: who waits for a change has a time limit.
      response.on("error", () => {});
    });
    sent.on("error", () => {});
    const range =
      prefix === "" ? { key: "AA==", range_end: "AA==" } : { key: encode(prefix), range_end: endOf(prefix) };
    sent.end(JSON.stringify({ create_request: { ...range, start_revision: from } }));
    return () => sent.destroy();
  }

  return {
    call,
    watch,
    async put(key, value) {
      return revisionOf(await call("/v3/kv/put", { key: encode(key), value: encode(value) }));
    },
    async delete(key) {
      return revisionOf(await call("/v3/kv/deleterange", { key: encode(key) }));
    },
    async get(key, revision = 0) {
      return keysOf(await call("/v3/kv/range", { key: encode(key), revision }))[0];
    },
    async list(prefix, revision = 0) {
      const answer = await call("/v3/kv/range", { key: encode(prefix), range_end: endOf(prefix), revision });
      return { revision: revisionOf(answer), items: keysOf(answer) };
    },
    async compact(revision) {
      await call("/v3/kv/compaction", { revision, physical: true });
    },
    history(prefix, from, to) {
      return new Promise((resolve, reject) => {
        const changes: EtcdChange[] = [];
        const late = setTimeout(() => {
          stop();
          reject(new Error(`etcd did not give its history up to revision ${to} within ${PATIENCE_MS} ms`));
        }, PATIENCE_MS);
        // Of all keys: then there is a change at every revision, and so at the last one.
        const stop = watch("", from, (change) => {
          if (change.revision <= to && change.key.startsWith(prefix)) changes.push(change);
          if (change.revision < to) return;
          // Changes of one revision come together: the last of them are being handed on in this very turn.
          setImmediate(() => {
            clearTimeout(late);
            stop();
            resolve(changes);
          });
        });
      });
    },
  };
}

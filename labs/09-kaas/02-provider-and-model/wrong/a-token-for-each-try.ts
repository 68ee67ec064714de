// fails at once: with the tokens
import { setTimeout as delay } from "node:timers/promises";

const cloud = process.env.CLOUD ?? "http://127.0.0.1:1";
const answerMs = Number(process.env.ANSWER_MS ?? 1000);
const tries = Number(process.env.TRIES ?? 6);
const FIRST_PAUSE_MS = 50;
const POLL_MS = 50;
/** So long a cluster that was made may not be there yet. */
const SETTLE_MS = 5_000;

/** The port: what the rest of a service needs of any cloud. */
interface Provider {
  create(request: { name: string; nodes: number; token: string }): Promise<Cluster>;
  get(id: string): Promise<Cluster | undefined>;
  list(): Promise<Cluster[]>;
  delete(id: string): Promise<void>;
}

interface Cluster {
  id: string;
  name: string;
  nodes: number;
  state: "creating" | "active" | "failed";
}

type Code = "invalid" | "forbidden" | "not-found" | "conflict" | "quota" | "throttled" | "unavailable" | "failed";

class ProviderError extends Error {
  readonly code: Code;
  readonly retryAfterMs: number | undefined;

  constructor(code: Code, message: string, retryAfterMs?: number) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }

  get retryable(): boolean {
    return this.code === "throttled" || this.code === "unavailable";
  }
}

const codes: Record<number, Code> = {
  400: "invalid",
  401: "forbidden",
  403: "forbidden",
  404: "not-found",
  409: "conflict",
  422: "invalid",
  429: "throttled",
};

/** One request, one answer; everything that is none is an error of ours. */
async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(`${cloud}/v1${path}`, {
      method,
      signal: AbortSignal.timeout(answerMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    text = await answer.text();
  } catch (error) {
    throw new ProviderError("unavailable", `${method} ${path}: ${error instanceof Error ? error.message : error}`);
  }
  if (answer.ok) return (text === "" ? undefined : JSON.parse(text)) as T;
  let said: { reason?: string; message?: string } = {};
  try {
    said = JSON.parse(text);
  } catch {
    // A proxy on the way has its own idea of an error.
  }
  const code =
    said.reason === "quota" ? "quota" : (codes[answer.status] ?? (answer.status < 500 ? "invalid" : "unavailable"));
  const seconds = Number(answer.headers.get("retry-after") ?? Number.NaN);
  throw new ProviderError(
    code,
    `${method} ${path}: ${said.message ?? answer.status}`,
    seconds >= 0 ? seconds * 1000 : undefined,
  );
}

/** Asks until there is an answer. All that we ask may be asked twice: a create has its token. */
async function insist<T>(method: string, path: string, body?: unknown): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await ask<T>(method, path, body);
    } catch (error) {
      if (!(error instanceof ProviderError) || !error.retryable || failures >= tries) throw error;
      // With some chance in it, so that not all who failed together come back together.
      const pause = FIRST_PAUSE_MS * 2 ** (failures - 1) * (1 + Math.random());
      await delay(error.retryAfterMs ?? pause);
    }
  }
}

const httpCloud: Provider = {
  async create({ name, nodes, token }) {
    for (let failures = 1; ; failures++) {
      try {
        // A token for each request: that is what the documentation says, is it not?
        return await ask("POST", "/clusters", { name, nodes, clientToken: `${token}-${failures}` });
      } catch (error) {
        if (!(error instanceof ProviderError) || !error.retryable || failures >= tries) throw error;
        await delay(error.retryAfterMs ?? FIRST_PAUSE_MS);
      }
    }
  },
  async get(id) {
    try {
      return await insist<Cluster>("GET", `/clusters/${id}`);
    } catch (error) {
      if (error instanceof ProviderError && error.code === "not-found") return undefined;
      throw error;
    }
  },
  async list() {
    const found: Cluster[] = [];
    let page: string | undefined = "";
    while (page !== undefined) {
      const query: string = page === "" ? "" : `?page=${encodeURIComponent(page)}`;
      const answer: { items: Cluster[]; next?: string } = await insist("GET", `/clusters${query}`);
      found.push(...answer.items);
      page = answer.next;
    }
    return found;
  },
  async delete(id) {
    try {
      await insist("DELETE", `/clusters/${id}`);
    } catch (error) {
      // Gone is gone, by whomever; perhaps by our own try whose answer was lost.
      if (!(error instanceof ProviderError && error.code === "not-found")) throw error;
    }
  },
};

/** Creates and waits. */
async function createActive(provider: Provider, name: string, nodes: number, token: string): Promise<Cluster> {
  const made = await provider.create({ name, nodes, token });
  const since = performance.now();
  while (true) {
    const cluster = await provider.get(made.id);
    if (cluster?.state === "active") return cluster;
    if (cluster?.state === "failed") throw new ProviderError("failed", `cluster ${made.id} could not be made`);
    // Made, and not there: a cloud is many machines, and not all have heard of it.
    if (!cluster && performance.now() - since > SETTLE_MS)
      throw new ProviderError("not-found", `cluster ${made.id} is gone`);
    await delay(POLL_MS);
  }
}

const [verb, first = "", nodes = "", token = ""] = process.argv.slice(2);
try {
  if (verb === "create") console.log(JSON.stringify(await createActive(httpCloud, first, Number(nodes), token)));
  else if (verb === "list") console.log(JSON.stringify(await httpCloud.list()));
  else {
    await httpCloud.delete(first);
    console.log(JSON.stringify({ deleted: first }));
  }
} catch (error) {
  if (!(error instanceof ProviderError)) throw error;
  const { code, retryable, message } = error;
  console.log(JSON.stringify({ code, retryable, message }));
  process.exitCode = 1;
}

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { rawPuts } from "../../packages/control-plane/src/store/fixtures/raw-puts.ts";
import type { Benchmark, Figure } from "./report.ts";
import { median, percentile } from "./statistics.ts";

const WRITERS = 64;
const WRITES = 1_000;
const ROUNDS = 3;
const WATCHERS = 1_000;
const EVENTS_PER_SECOND = 200;
const WATCH_SECONDS = 3;
const PODS = 10_000;

interface Served {
  url: string;
  ca: string;
  cert: string;
  key: string;
  etcd: string;
  etcdTls: Parameters<typeof rawPuts>[1];
}

const apiserver: Benchmark = {
  name: "apiserver",
  description: `${WRITERS} clients that create and update Workloads beside raw etcd; ${WATCHERS} watchers at ${EVENTS_PER_SECOND} events a second; lists of ${PODS} Pods`,
  async run(log) {
    const child = fork(join(import.meta.dirname, "apiserver/server.ts"), { execArgv: ["--expose-gc"] });
    const [served] = (await once(child, "message")) as [Served];
    const agent = new Agent({ ...served, keepAlive: true, maxSockets: WRITERS });
    const raw = rawPuts(served.etcd, served.etcdTls);
    const api = caller(served.url, agent);
    try {
      return [...(await writes(api, raw, log)), ...(await watches(served, api, child)), ...(await lists(api, child))];
    } finally {
      raw.close();
      agent.destroy();
      child.send("end");
      await once(child, "exit");
    }
  },
};
export default apiserver;

type Call = (method: string, path: string, body?: object) => Promise<string>;

function caller(url: string, agent: Agent): Call {
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const bytes = body && JSON.stringify(body);
      const headers = bytes ? { "content-type": "application/json", "content-length": Buffer.byteLength(bytes) } : {};
      const asked = request(new URL(path, url), { agent, method, headers }, async (response) => {
        let text = "";
        for await (const chunk of response.setEncoding("utf8")) text += chunk;
        if ((response.statusCode ?? 500) < 300) resolve(text);
        else reject(new Error(`${method} ${path}: ${text}`));
      });
      asked.once("error", reject).end(bytes);
    });
}

const base = "/apis/drydock.dev/v1/namespaces/default/workloads";
const workload = (name: string, replicas: number): object => ({
  metadata: { name, labels: { app: name } },
  spec: {
    replicas,
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "web", image: "web:1", env: [{ name: "A", value: "b".repeat(200) }] }] },
    },
  },
});

async function writes(api: Call, raw: ReturnType<typeof rawPuts>, log: (line: string) => void): Promise<Figure[]> {
  const rates: Record<"raw" | "create" | "update", number[]> = { raw: [], create: [], update: [] };
  const size = Buffer.byteLength(await api("POST", base, workload("sample", 1)));
  const value = Buffer.alloc(size, "x");
  for (let round = 0; round <= ROUNDS; round++) {
    const name = (i: number): string => `w-${round}-${i}`;
    const rawRate = await rate((i) => raw.put(`/bench/${round}-${i}`, value));
    const createRate = await rate((i) => api("POST", base, workload(name(i), 0)));
    const updateRate = await rate((i) => api("PUT", `${base}/${name(i)}`, workload(name(i), 1)));
    if (round === 0) continue; // warms up
    rates.raw.push(rawRate);
    rates.create.push(createRate);
    rates.update.push(updateRate);
    log(
      `round ${round}: raw ${rawRate.toFixed(0)}, create ${createRate.toFixed(0)}, update ${updateRate.toFixed(0)} /s`,
    );
  }
  const peer = { name: `raw etcd put of ${size} bytes`, median: median(rates.raw) };
  return (["create", "update"] as const).map((verb) => ({
    name: `${verb} a Workload, ${WRITERS} clients`,
    median: median(rates[verb]),
    unit: "/s",
    samples: ROUNDS,
    peer,
    target: { text: "> 0.5 of raw", met: median(rates[verb]) > 0.5 * peer.median },
  }));
}

/** Calls a second, with all writers at work. */
async function rate(write: (i: number) => Promise<unknown>): Promise<number> {
  let next = 0;
  const writer = async (): Promise<void> => {
    while (next < WRITES) await write(next++);
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: WRITERS }, writer));
  return (WRITES / (performance.now() - started)) * 1_000;
}

const maps = "/api/v1/namespaces/default/configmaps";

async function watches(served: Served, api: Call, child: ChildProcess): Promise<Figure[]> {
  const before = await memoryOf(child);
  const agent = new Agent({ ...served, keepAlive: false });
  const samples: number[] = [];
  let seen = 0;
  const open = (): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      request(new URL(`${maps}?watch=true&labelSelector=fan`, served.url), { agent }, resolve)
        .once("error", reject)
        .end();
    });
  const responses: IncomingMessage[] = [];
  for (let i = 0; i < WATCHERS; i += 50) responses.push(...(await Promise.all(Array.from({ length: 50 }, open))));
  const perWatcher = ((await memoryOf(child)) - before) / WATCHERS;
  for (const response of responses) {
    let rest = "";
    response.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      const now = Date.now();
      for (const line of lines) {
        seen++;
        const at = /"at":"(\d+)"/.exec(line);
        if (at) samples.push(now - Number(at[1]));
      }
    });
    response.on("error", () => {});
  }
  const count = EVENTS_PER_SECOND * WATCH_SECONDS;
  const started = performance.now();
  const pending: Promise<string>[] = [];
  for (let i = 0; i < count; i++) {
    const wait = started + (i * 1_000) / EVENTS_PER_SECOND - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const metadata = { name: `fan-${i}`, labels: { fan: "x" } };
    pending.push(api("POST", maps, { metadata, data: { at: String(Date.now()) } }));
  }
  await Promise.all(pending);
  for (let i = 0; i < 600 && seen < count * WATCHERS; i++) await new Promise((resolve) => setTimeout(resolve, 50));
  agent.destroy();
  if (seen !== count * WATCHERS) throw new Error(`${seen} of ${count * WATCHERS} events arrived`);
  const p99 = percentile(samples, 0.99);
  return [
    {
      name: "memory of a watcher, over TLS",
      median: perWatcher / 1024,
      unit: "KiB",
      samples: WATCHERS,
      target: { text: "< 10 KiB", met: perWatcher < 10 * 1024 },
    },
    {
      name: `create to delivery to ${WATCHERS} watchers`,
      median: median(samples),
      p99,
      unit: "ms",
      samples: samples.length,
      target: { text: "p99 < 100 ms", met: p99 < 100 },
    },
  ];
}

const pods = "/api/v1/namespaces/default/pods";

async function lists(api: Call, child: ChildProcess): Promise<Figure[]> {
  const pod = (i: number): object => ({
    metadata: { name: `p-${i}`, labels: { app: "web" } },
    spec: { containers: [{ name: "web", image: "web:1", env: [{ name: "A", value: "b" }] }] },
  });
  let next = 0;
  const writer = async (): Promise<void> => {
    while (next < PODS) await api("POST", pods, pod(next++));
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  const resident = await memoryOf(child);
  const samples: number[] = [];
  const other: number[] = [];
  for (let i = 0; i < 10; i++) {
    const started = performance.now();
    let listing = true;
    const list = api("GET", `${pods}?resourceVersion=0`).then(() => {
      listing = false;
    });
    while (listing) {
      const asked = performance.now();
      await api("GET", `${maps}/fan-1?resourceVersion=0`);
      other.push(performance.now() - asked);
    }
    await list;
    samples.push(performance.now() - started);
  }
  return [
    {
      name: `list of ${PODS} Pods from the cache`,
      median: median(samples),
      p99: percentile(samples, 0.99),
      unit: "ms",
      samples: 10,
      target: { text: "< 150 ms", met: median(samples) < 150 },
    },
    {
      name: "another request while that goes on",
      median: median(other),
      p99: percentile(other, 0.99),
      unit: "ms",
      samples: other.length,
      target: { text: "p99 < 20 ms", met: percentile(other, 0.99) < 20 },
    },
    {
      name: `resident memory with ${PODS} Pods`,
      median: resident / 2 ** 20,
      unit: "MiB",
      samples: 1,
      target: { text: "< 150 MiB", met: resident < 150 * 2 ** 20 },
    },
  ];
}

async function memoryOf(child: ChildProcess): Promise<number> {
  child.send("memory");
  const [{ bytes }] = (await once(child, "message")) as [{ bytes: number }];
  return bytes;
}

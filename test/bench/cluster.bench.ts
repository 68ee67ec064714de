import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { type Client, createClient, loadKubeconfig, Pod, Workload } from "@drydock/machinery";
import { buildWebImages } from "../../packages/cli/src/demo/web-images.ts";
import type { Benchmark, Figure } from "./report.ts";
import { median, percentile } from "./statistics.ts";

const root = resolve(import.meta.dirname, "../..");
const CLUSTERS = 5;
const APPLIES = 30;

/** Clusters as a user makes them: whole commands are timed, from their start to their end. */
const cluster: Benchmark = {
  name: "cluster",
  description: "up --nodes 3 to three Ready nodes, apply to container running (image present), down",
  async run(log) {
    const up: number[] = [];
    const down: number[] = [];
    let viaApi: number[] = [];
    let viaCommand: number[] = [];
    for (let round = 1; round <= CLUSTERS; round += 1) {
      const directory = await mkdtemp("/var/tmp/drydock-bench-");
      const drydock = (...args: string[]): Promise<number> => timed(args, directory);
      try {
        up.push(await drydock("up", "--nodes", "3", "--detach"));
        if (round === CLUSTERS) ({ viaApi, viaCommand } = await applies(directory, drydock));
        down.push(await drydock("down"));
      } finally {
        await drydock("down", "--purge");
        await rm(directory, { recursive: true, force: true });
      }
      log(`round ${round}: up ${up.at(-1)?.toFixed(0)} ms, down ${down.at(-1)?.toFixed(0)} ms`);
    }
    return [
      figure("up --nodes 3 --detach", up, 5000),
      figure("create over the API to container running", viaApi, 250),
      figure("drydock apply (whole command) to container running", viaCommand, 250),
      figure("down", down, 3000),
    ];
  },
};
export default cluster;

function figure(name: string, samples: number[], targetMs: number): Figure {
  const middle = median(samples);
  return {
    name,
    median: middle,
    p99: percentile(samples, 0.99),
    unit: "ms",
    samples: samples.length,
    target: { text: `< ${targetMs} ms`, met: middle < targetMs },
  };
}

async function timed(args: string[], directory: string): Promise<number> {
  const started = performance.now();
  const child = spawn(join(root, "drydock"), [...args, "--data-dir", directory], { stdio: ["ignore", "pipe", "pipe"] });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", (line) => said.push(line));
  const code = await new Promise<number | null>((done) => child.on("close", done));
  if (code !== 0) throw new Error(`drydock ${args.join(" ")} ended with ${code}:\n${said.join("\n")}`);
  return performance.now() - started;
}

async function applies(
  directory: string,
  drydock: (...args: string[]) => Promise<number>,
): Promise<{ viaApi: number[]; viaCommand: number[] }> {
  const [image] = await buildWebImages(directory);
  if (!image) throw new Error("no image was built");
  await drydock("images", "import", image.path, "--name", image.name, "--cluster");
  const client = await createClient(await loadKubeconfig(join(directory, "kubeconfig")));
  try {
    const viaApi: number[] = [];
    const viaCommand: number[] = [];
    for (let index = 0; index < APPLIES; index += 1) {
      const workload = sleeper(`api-${index}`, image.name);
      viaApi.push(await untilRunning(client, workload.metadata.name, () => client.create(Workload, workload)));
      await client.delete(Workload, { namespace: "default", name: workload.metadata.name });
    }
    for (let index = 0; index < APPLIES / 3; index += 1) {
      const workload = sleeper(`command-${index}`, image.name);
      const file = join(directory, `${workload.metadata.name}.json`);
      await writeFile(file, JSON.stringify(workload));
      viaCommand.push(await untilRunning(client, workload.metadata.name, () => drydock("apply", "-f", file)));
      await client.delete(Workload, { namespace: "default", name: workload.metadata.name });
    }
    return { viaApi, viaCommand };
  } finally {
    await client.close();
  }
}

/** Milliseconds from the call of `act` until a watcher sees the Workload's pod in phase Running. */
async function untilRunning(client: Client, app: string, act: () => Promise<unknown>): Promise<number> {
  const stop = new AbortController();
  const { metadata } = await client.list(Pod, { namespace: "default", labelSelector: `app=${app}` });
  const watch = client.watch(Pod, {
    namespace: "default",
    labelSelector: `app=${app}`,
    resourceVersion: metadata.resourceVersion,
    signal: stop.signal,
  });
  const running = (async () => {
    for await (const event of watch) {
      if (event.type !== "BOOKMARK" && event.object.status?.phase === "Running") return performance.now();
    }
    throw new Error("the watch ended early");
  })();
  const started = performance.now();
  const [end] = await Promise.all([running, act()]);
  stop.abort();
  return end - started;
}

function sleeper(name: string, image: string): Workload {
  const labels = { app: name };
  return {
    apiVersion: "drydock.dev/v1",
    kind: "Workload",
    metadata: { name, namespace: "default" },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "main", image, command: ["sleep", "3600"] }], terminationGracePeriodSeconds: 0 },
      },
    },
  } as Workload;
}

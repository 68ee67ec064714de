import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { hasCode, runCommand } from "@drydock/kit";
import type { Benchmark, Figure } from "./report.ts";
import type { Samples } from "./runtime/measure.ts";
import { median, percentile } from "./statistics.ts";

/** What one figure may be at most, as a multiple of each peer. */
const targets: Record<string, Record<string, number>> = {
  start: { crun: 0.4, runc: 0.15 },
  exec: { crun: 0.3 },
  "100 starts": { crun: 0.5 },
  command: { runc: 1.6 },
  "handed over": { crun: 1.0 },
};

const names: Record<string, string> = {
  start: "in process, as in the agent: start to first byte",
  exec: "in process: exec to first byte",
  "100 starts": "in process: 100 starts at once, until all have ended",
  command: "command line: run to first byte",
  "handed over": "command line through drydock runtime serve: run to first byte",
};

/** Our runtime as the agent uses it and as a command, beside crun and runc as the agent would have to use them: as commands. */
const runtime: Benchmark = {
  name: "runtime",
  description:
    "one bundle (runc spec and the default seccomp profile, busybox echo; with cgroup and state file, in memory as /run is), interleaved; peers are spawned by the same Node process",
  async run(log) {
    await requirePeers();
    const samples = await inOwnMounts(log);
    const { busy, ...compared } = samples;
    return [
      ...Object.entries(compared).flatMap(([what, { ours, ...peers }]) =>
        Object.entries(peers).map(([peer, theirs]) => figure(what, ours, peer, theirs)),
      ),
      ...(busy ? [busyFigure(busy.ours)] : []),
    ];
  },
};
export default runtime;

async function requirePeers(): Promise<void> {
  for (const peer of ["crun", "runc"]) {
    try {
      await runCommand(peer, ["--version"]);
    } catch (error) {
      if (!hasCode(error, "COMMAND_NOT_FOUND")) throw error;
      throw new Error(`${peer} is not here to compare with: apt-get install -y crun runc`);
    }
  }
}

/**
 * crun refuses a host that has cgroup v1 and v2 side by side, so all three are measured in a mount namespace in which v2
 * alone is at /sys/fs/cgroup.
 */
async function inOwnMounts(log: (line: string) => void): Promise<Samples> {
  const script = 'mount -t cgroup2 none /sys/fs/cgroup && exec "$0" "$@"';
  const measure = join(import.meta.dirname, "runtime/measure.ts");
  const child = spawn(
    "unshare",
    ["--mount", "--propagation", "private", "sh", "-c", script, process.execPath, measure],
    {
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => log(text.trimEnd()));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`the measurement ended with ${code}`);
  return JSON.parse(output) as Samples;
}

function busyFigure(samples: number[]): Figure {
  const middle = median(samples);
  return {
    name: "in process, as in the agent: its event loop busy with a start",
    median: middle,
    p99: percentile(samples, 0.99),
    unit: "ms",
    samples: samples.length,
    target: { text: "< 0.5 ms", met: middle < 0.5 },
  };
}

function figure(what: string, ours: number[], peer: string, theirs: number[]): Figure {
  const middle = median(ours);
  const peerMedian = median(theirs);
  const factor = targets[what]?.[peer];
  return {
    name: names[what] ?? what,
    median: middle,
    p99: percentile(ours, 0.99),
    unit: "ms",
    samples: ours.length,
    peer: { name: peer, median: peerMedian },
    ...(factor === undefined ? {} : { target: { text: `<= ${factor}x`, met: middle <= factor * peerMedian } }),
  };
}

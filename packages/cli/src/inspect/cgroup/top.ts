import { setTimeout as sleep } from "node:timers/promises";
import { failure } from "../../errors.ts";
import { print } from "../../output/print.ts";
import { shortenPath } from "../../output/wrap.ts";
import { binarySize } from "../binary-size.ts";
import { fittedTable } from "../fitted-table.ts";
import { type Manner, plain, type Report, reportText, styleFor } from "../report.ts";
import { findHierarchies } from "./hierarchies.ts";
import { type CgroupSample, sampleCgroups } from "./sample.ts";

/** What a line takes before the path. */
const otherColumns = 37;

export interface CgroupUse extends CgroupSample {
  /** Of one processor, between two samples: 100 is one that is always busy. */
  cpuPercent?: number;
}

export interface TopOptions {
  once?: boolean;
  intervalMs: number;
  /** Ends the loop; it ends by itself with `once`. */
  signal: AbortSignal;
}

/** What each cgroup uses, again and again until somebody ends it. On a terminal the table stays where it is. */
export async function cgroupTop(manner: Manner, { once = false, intervalMs, signal }: TopOptions): Promise<void> {
  const hierarchies = findHierarchies();
  if (hierarchies.length === 0) {
    throw failure("INSPECT_NO_CONTROLLER", "no cgroup hierarchy is mounted here", {
      hint: "mount -t cgroup2 none /sys/fs/cgroup, or look in a machine of its own: drydock vm run -- drydock inspect cgroup top --once",
    });
  }
  const live = !once && !manner.json && process.stdout.isTTY;
  let before = sampleCgroups(hierarchies);
  let at = process.hrtime.bigint();
  while (await pause(intervalMs, signal)) {
    const now = sampleCgroups(hierarchies);
    const moment = process.hrtime.bigint();
    const uses = usesOf(before, now, Number(moment - at) / 1e9);
    [before, at] = [now, moment];
    const rows = live ? Math.max(1, (process.stdout.rows || 24) - 6) : uses.length;
    const style = live || once ? styleFor(process.stdout) : plain;
    const text = manner.json && !once ? `${JSON.stringify(uses)}\n` : reportText(topReport(uses, rows), manner, style);
    // From the top, clearing what was there: a full clear in between would flicker.
    print(live ? `\u001b[H\u001b[J${text}` : text);
    if (once) return;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  return sleep(ms, true, { signal }).catch(() => false);
}

/** The busiest first. Pure. */
export function usesOf(
  before: ReadonlyMap<string, CgroupSample>,
  now: ReadonlyMap<string, CgroupSample>,
  seconds: number,
): CgroupUse[] {
  const uses = [...now.values()].map((sample): CgroupUse => {
    const earlier = before.get(sample.path)?.cpuSeconds ?? sample.cpuSeconds;
    if (sample.cpuSeconds === undefined || earlier === undefined) return sample;
    // A cgroup that was removed and made again in between starts at 0.
    const used = Math.max(0, sample.cpuSeconds - earlier);
    return { ...sample, cpuPercent: Number(((used / seconds) * 100).toFixed(1)) };
  });
  return uses.sort(
    (a, b) =>
      (b.cpuPercent ?? 0) - (a.cpuPercent ?? 0) ||
      (b.memoryBytes ?? 0) - (a.memoryBytes ?? 0) ||
      a.path.localeCompare(b.path),
  );
}

function topReport(uses: readonly CgroupUse[], rows: number): Report {
  return {
    data: uses,
    lines: ({ width }) =>
      fittedTable(
        ["cpu %", "memory", "tasks", "procs", "cgroup"],
        uses
          .slice(0, rows)
          .map((one) => [
            one.cpuPercent ?? "-",
            one.memoryBytes === undefined ? "-" : binarySize(one.memoryBytes),
            one.tasks ?? "-",
            one.processes,
            shortenPath(one.path, width - otherColumns),
          ]),
        width,
      ),
    why: 'Each line counts all cgroups below it too. 100 % is one processor. "-": no controller counts that there, as in the root of cgroup v2 or where none was passed on.',
  };
}

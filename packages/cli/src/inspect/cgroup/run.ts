import { failure } from "../../errors.ts";
import { tableLines } from "../../output/table.ts";
import { wrap } from "../../output/wrap.ts";
import { forwardSignals } from "../../runtime/forward-signals.ts";
import { counted } from "../counted.ts";
import { findProgram } from "../find-program.ts";
import type { Report } from "../report.ts";
import { type CommandEnd, type RunOptions, runForeground } from "../run-command.ts";
import { findHierarchies } from "./hierarchies.ts";
import { inVm, type LimitedGroups, makeGroups, removeGroups } from "./limited-group.ts";
import type { WantedLimits } from "./limits.ts";
import { type LimitOutcome, readOutcome } from "./outcome.ts";
import { outcomeRows } from "./outcome-text.ts";
import { planLimits } from "./plan.ts";

export interface LimitedRun {
  end: CommandEnd;
  report: Report;
}

/** The first arguments are cgroups to enter: the shell writes itself into each, then becomes the command. 0 means whoever writes. */
const enter =
  'n=$1; shift; while [ "$n" -gt 0 ]; do echo 0 >"$1/cgroup.procs" || exit 126; shift; n=$((n - 1)); done; exec "$@"';

/** Runs a command in a cgroup of its own with these limits, and tells what they did to it. Nothing of the cgroup is left. */
export async function runLimited(
  limits: WantedLimits,
  command: readonly string[],
  options: { outputToStderr?: boolean },
): Promise<LimitedRun> {
  const [program = "", ...args] = command;
  const file = findProgram(program);
  const plan = planLimits(limits, findHierarchies());
  if (plan.missing.length > 0) throw noController(plan.missing);
  const versions = plan.groups.map(({ hierarchy }) => hierarchy.version);
  // From before the cgroups are there until they are gone: a signal ends the command, and the command's end is ours.
  const signals = forwardSignals();
  try {
    const groups = makeGroups(plan, `drydock-inspect-${process.pid}`);
    const { end, outcome, left } = await runIn(groups, limits, [file, ...args], { ...options, signals });
    return { end, report: reportOf(outcome, end, left, versions) };
  } finally {
    signals.stop();
  }
}

async function runIn(groups: LimitedGroups, limits: WantedLimits, command: readonly string[], options: RunOptions) {
  const started = process.hrtime.bigint();
  let left = 0;
  let end: CommandEnd;
  let outcome: LimitOutcome;
  try {
    const directories = [String(groups.directories.length), ...groups.directories];
    end = await runForeground("/bin/sh", ["-c", enter, "drydock-limit", ...directories, ...command], options);
    outcome = readOutcome(limits, groups, Number(process.hrtime.bigint() - started) / 1e9);
  } finally {
    left = await removeGroups(groups);
  }
  return { end, outcome, left };
}

function noController(missing: readonly string[]) {
  return failure(
    "INSPECT_NO_CONTROLLER",
    `no cgroup hierarchy that is mounted here can limit ${missing.join(" and ")}`,
    {
      hint: `in a machine of its own, with cgroup v2, it can be done: ${inVm()}`,
      details: { missing },
    },
  );
}

function reportOf(outcome: LimitOutcome, end: CommandEnd, left: number, versions: readonly (1 | 2)[]): Report {
  return {
    data: { ...outcome, ...end, leftBehind: left, cgroupVersions: [...new Set(versions)] },
    lines: ({ width }) => {
      const rows = outcomeRows(outcome);
      const column = Math.max("LIMIT".length, ...rows.map(([limit]) => limit.length)) + 3;
      return [
        ...tableLines(["limit".padEnd(column - 3), "what it did"], []),
        ...rows.flatMap(([limit, did]) =>
          wrap(did, width - column).map((line, index) => `${(index === 0 ? limit : "").padEnd(column)}${line}`),
        ),
        ...(left > 0
          ? [`${counted(left, "process", "processes")} that the command left behind ended with the cgroup`]
          : []),
        ...(end.signal ? [`the command was ended by ${end.signal}: exit code ${end.exitCode}`] : []),
      ];
    },
    why: "A cgroup counts what its processes use and refuses the rest, each resource in its own way: processor time is held back, memory is taken back and then killed for, a fork fails. A pod's limits are these same files.",
  };
}

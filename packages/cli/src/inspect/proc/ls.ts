import { listProcesses, readNamespaces } from "@drydock/linux";
import { binarySize } from "../binary-size.ts";
import { counted } from "../counted.ts";
import { fittedTable } from "../fitted-table.ts";
import { commandText, type ProcessFacts, readProcess } from "../process-facts.ts";
import type { Report } from "../report.ts";

export interface ProcLsOptions {
  /** Threads of the kernel too. */
  kernel?: boolean;
  /** Only processes that are in a namespace that the reader is not in. */
  contained?: boolean;
}

/** The processes of this machine. Those that end while the list is made are not in it. */
export function procLs(options: ProcLsOptions): Report {
  const reader = readNamespaces("self");
  const all = listProcesses().flatMap((pid) => readProcess(pid, reader) ?? []);
  const shown = all.filter(
    (one) => (options.kernel || !one.isKernelThread) && (!options.contained || (one.ownNamespaces?.length ?? 0) > 0),
  );
  return {
    data: shown,
    lines: ({ width }) =>
      fittedTable(
        ["pid", "ppid", "user", "s", "memory", "apart in", "command"],
        shown.map((one) => row(one, width)),
        width,
      ),
    why: `APART IN: namespaces that a process does not share with you; "-" is none. drydock inspect ns diff self PID says what that means.${hiddenThreads(all.length, shown.length, options)}`,
  };
}

function row(one: ProcessFacts, width: number) {
  return [
    one.pid,
    one.parent,
    one.user.slice(0, 10),
    one.state,
    one.residentBytes === 0 ? "-" : binarySize(one.residentBytes),
    kindsText(one.ownNamespaces, width),
    commandText(one),
  ];
}

/** The two most telling kinds and how many more, where there is no room for all. */
export function kindsText(kinds: readonly string[] | undefined, width: number): string {
  if (kinds === undefined) return "?";
  if (kinds.length === 0) return "-";
  if (kinds.length <= 2 || width === Number.POSITIVE_INFINITY) return kinds.join(",");
  return `${kinds.slice(0, 2).join(",")} +${kinds.length - 2}`;
}

function hiddenThreads(all: number, shown: number, { kernel, contained }: ProcLsOptions): string {
  if (kernel || contained || all === shown) return "";
  return ` ${counted(all - shown, "thread of the kernel is", "threads of the kernel are")} left out (--kernel).`;
}

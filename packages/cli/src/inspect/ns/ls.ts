import { readNamespaces } from "@drydock/linux";
import { failure } from "../../errors.ts";
import type { Cell } from "../../output/table.ts";
import { counted } from "../counted.ts";
import { fittedTable } from "../fitted-table.ts";
import { commandText, type ProcessFacts, readProcess } from "../process-facts.ts";
import type { Report } from "../report.ts";
import { namespaceWords } from "./kinds.ts";
import { type NamespaceFacts, scanNamespaces } from "./scan.ts";

/** Every namespace of this machine, with its first process. `kind`: only those. */
export function nsLs(kind?: string): Report {
  if (kind !== undefined && !Object.hasOwn(namespaceWords, kind)) {
    throw failure("CLI_USAGE", `--kind: there is no kind of namespace called "${kind}"`, {
      hint: `there are ${Object.keys(namespaceWords).join(", ")}`,
    });
  }
  const { namespaces, hidden } = scanNamespaces();
  const shown = kind === undefined ? namespaces : namespaces.filter((one) => one.kind === kind);
  const reader = readNamespaces("self");
  return {
    data: shown,
    lines: ({ width }) =>
      fittedTable(
        ["kind", "inode", "procs", "first", "command"],
        shown.map((one) => row(one, reader)),
        width,
      ),
    why: `* you are in it. A namespace is a number that processes share or do not; it ends with its last process, unless a mount of its file keeps it.${hidden > 0 ? ` ${counted(hidden, "process is", "processes are")} hidden from this user.` : ""}`,
  };
}

function row(
  { kind, inode, yours, pids, mountedOn }: NamespaceFacts,
  reader: Readonly<Record<string, number>>,
): Cell[] {
  const first = firstOf(pids, reader);
  const kept = mountedOn.length > 0 ? `kept by the mount ${mountedOn.join(", ")}` : "ended meanwhile";
  return [yours ? `${kind} *` : kind, inode, pids.length, first?.pid ?? "-", first ? commandText(first) : kept];
}

/** The threads of the kernel share the machine's own namespaces, and tell nobody whose they are: the first process comes before them. */
function firstOf(pids: readonly number[], reader: Readonly<Record<string, number>>): ProcessFacts | undefined {
  let thread: ProcessFacts | undefined;
  for (const pid of pids) {
    const facts = readProcess(pid, reader);
    if (facts && !facts.isKernelThread) return facts;
    thread ??= facts;
  }
  return thread;
}

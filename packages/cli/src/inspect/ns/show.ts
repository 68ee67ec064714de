import { readCgroups, readIdMap, readNamespaces, readStatus } from "@drydock/linux";
import { type Cell, tableLines } from "../../output/table.ts";
import { shorten } from "../../output/wrap.ts";
import { requireProcess } from "../ended.ts";
import type { Report } from "../report.ts";
import { readOf, unlessHidden } from "../unless-gone.ts";
import { idMapText } from "./id-map-text.ts";
import { kindRank, namespaceWords } from "./kinds.ts";
import { scanNamespaces } from "./scan.ts";

/** The namespaces of one process: who else is in them, and what each keeps apart. */
export function nsShow(pid: number): Report {
  requireProcess(pid);
  const own = readOf(pid, "the namespaces", () => readNamespaces(pid));
  if (Object.keys(own).length === 0) requireProcess(pid);
  const { namespaces } = scanNamespaces();
  const rows = Object.entries(own)
    .sort(([a], [b]) => kindRank(a) - kindRank(b))
    .map(([kind, inode]) => {
      const shared = namespaces.find((one) => one.kind === kind && one.inode === inode);
      return {
        kind,
        inode,
        yours: shared?.yours ?? false,
        pids: shared?.pids ?? [pid],
        separates: namespaceWords[kind] ?? "something that this drydock does not know",
      };
    });
  const pids = readOf(pid, "the status", () => readStatus(pid)).namespacePids;
  const uidMap = unlessHidden(() => readIdMap(pid, "uid"), []);
  const cgroup = unlessHidden(() => readCgroups(pid), []).find(({ hierarchy }) => hierarchy === 0)?.path;
  return {
    data: { pid, namespacePids: pids, uidMap, cgroup, namespaces: rows },
    lines: ({ width }) =>
      [
        ...tableLines(
          ["kind", "inode", "procs", "yours", "keeps apart"],
          rows.map((one): Cell[] => [one.kind, one.inode, one.pids.length, one.yours ? "yes" : "no", one.separates]),
        ),
        "",
        `pids:  ${pids.join(" → ")}${pids.length > 1 ? "  (the same process, from the outermost namespace inwards)" : ""}`,
        `uids:  ${idMapText(uidMap)}`,
      ].map((line) => shorten(line, width)),
    why: `YOURS: you are in the same one. Enter those of the process with: nsenter --target ${pid} --all. A namespace decides what is seen; what is used up is a cgroup's business.`,
  };
}

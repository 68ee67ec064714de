import { tableLines } from "../../output/table.ts";
import { wrap } from "../../output/wrap.ts";
import { oneLine } from "../fitted-table.ts";
import type { Report } from "../report.ts";
import { idMapText } from "./id-map-text.ts";
import { kindRank, namespaceWords } from "./kinds.ts";
import { type NamespaceView, viewOf } from "./views.ts";

export interface NamespaceDifference {
  kind: string;
  /** Inodes; undefined where a process has no such namespace. */
  a: number | undefined;
  b: number | undefined;
  same: boolean;
  /** What it comes to for these two, a sentence each; none where they share it. */
  comesTo: string[];
}

export function nsDiff(a: number, b: number): Report {
  const views = [viewOf(a), viewOf(b)] as const;
  const rows = differences(...views);
  const apart = rows.filter(({ same }) => !same);
  return {
    data: { a, b, namespaces: rows },
    lines: ({ width }) => [
      ...tableLines(
        ["kind", `pid ${a}`, `pid ${b}`, "same"],
        rows.map((row) => [row.kind, row.a ?? "-", row.b ?? "-", row.same ? "yes" : "no"]),
      ),
      ...apart.flatMap(({ kind, comesTo }) => [
        "",
        `${kind}: ${namespaceWords[kind] ?? ""}`,
        ...comesTo.flatMap((sentence) => wrap(sentence, width - 2).map((line) => `  ${line}`)),
      ]),
    ],
    why:
      apart.length === 0
        ? "They share every namespace: to the kernel they live in the same world, as any two programs of a shell do."
        : `${apart.length} of ${rows.length} differ. Two processes with the same number in a row see the same thing there, and what one changes the other has changed too.`,
  };
}

/** Pure. */
export function differences(a: NamespaceView, b: NamespaceView): NamespaceDifference[] {
  const kinds = [...new Set([...Object.keys(a.namespaces), ...Object.keys(b.namespaces)])];
  return kinds
    .sort((x, y) => kindRank(x) - kindRank(y))
    .map((kind) => {
      const [one, other] = [a.namespaces[kind], b.namespaces[kind]];
      const same = one === other;
      return { kind, a: one, b: other, same, comesTo: same ? [] : (explain[kind]?.(a, b) ?? []) };
    });
}

const explain: Readonly<Record<string, (a: NamespaceView, b: NamespaceView) => string[]>> = {
  pid: (a, b) =>
    [a, b].map(({ pid, namespacePids }) =>
      namespacePids.length > 1
        ? `${pid} here is ${namespacePids.slice(1).join(", then ")} inside: there it cannot see the processes outside`
        : `${pid} is ${pid}: it is in the outermost namespace that you see, and sees the processes of all inner ones`,
    ),
  mnt: (a, b) => {
    const only = (x: NamespaceView, y: NamespaceView): string => {
      const known = new Set(y.mounts.map(mountKey));
      return namesText(x.mounts.filter((mount) => !known.has(mountKey(mount))).map(({ mountPoint }) => mountPoint));
    };
    return [
      `${a.pid} has ${a.mounts.length} mounts, ${b.pid} has ${b.mounts.length}`,
      `only ${a.pid}: ${only(a, b)}`,
      `only ${b.pid}: ${only(b, a)}`,
    ];
  },
  net: (a, b) => [a, b].map(({ pid, interfaces }) => `${pid} has the interfaces ${namesText(interfaces)}`),
  uts: () => ["each has a host name of its own, even when both are called the same"],
  ipc: () => ["shared memory made with shmget(2) by one is not there for the other"],
  cgroup: (a, b) =>
    [a, b].map(
      ({ pid, cgroups }) => `${pid} is in ${namesText([...new Set(cgroups.map(({ path }) => path))])}, seen from here`,
    ),
  user: (a, b) => [a, b].map(({ pid, uidMap }) => `${pid}: ids are ${idMapText(uidMap)}`),
  time: () => ["CLOCK_BOOTTIME and CLOCK_MONOTONIC run with an offset of their own (/proc/PID/timens_offsets)"],
};

function mountKey({ mountPoint, type, source }: NamespaceView["mounts"][number]): string {
  return [mountPoint, type, source].join("\0");
}

const mostNames = 6;

function namesText(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const more = names.length - mostNames;
  return `${names.slice(0, mostNames).map(oneLine).join(" ")}${more > 0 ? ` and ${more} more` : ""}`;
}

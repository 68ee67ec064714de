import { existsSync, readFileSync } from "node:fs";
import {
  capabilityNames,
  capabilityNamesOf,
  type FileLink,
  listProcesses,
  type OpenFile,
  type ProcessStat,
  type ProcessStatus,
  readCgroups,
  readFileLink,
  readLimits,
  readNamespaces,
  readOpenFiles,
  readStat,
  readStatus,
  ticksPerSecond,
} from "@drydock/linux";
import { humanDuration } from "@drydock/machinery";
import { type Detail, detailLines } from "../../output/details.ts";
import { shorten, wrap } from "../../output/wrap.ts";
import { binarySize } from "../binary-size.ts";
import { gone } from "../ended.ts";
import { oneLine } from "../fitted-table.ts";
import { commandText, namespacesApart, readProcess, stateWords } from "../process-facts.ts";
import type { Report } from "../report.ts";
import { readOf, unlessGone, unlessHidden } from "../unless-gone.ts";
import { userName } from "../user-name.ts";
import { seccompText, summaryOfFiles } from "./words.ts";

/** Columns of the labels, and of the list below one. */
const labelWidth = 17;
const hidden = "hidden from this user";

/** All that /proc tells of one process, in the order in which one would ask. */
export function procShow(pid: number): Report {
  const reader = readNamespaces("self");
  const stat = readStat(pid);
  const facts = readProcess(pid, reader);
  if (!stat || !facts) throw gone(pid);
  const status = readOf(pid, "the status", () => readStatus(pid));
  const link = (name: string): FileLink | undefined | typeof hidden =>
    unlessHidden<FileLink | undefined, typeof hidden>(() => readFileLink(pid, name, existsSync), hidden);
  const places = { program: link("exe"), directory: link("cwd"), root: link("root") };
  const files = unlessHidden<OpenFile[], undefined>(() => readOpenFiles(pid, existsSync), undefined);
  const namespaces = unlessHidden<Record<string, number>, undefined>(() => readNamespaces(pid), undefined);
  const cgroups = unlessGone(() => readCgroups(pid), []);
  const limits = unlessHidden(() => readLimits(pid), []);
  const children = listProcesses().filter((one) => readStat(one)?.parent === pid);
  const age = ageSeconds(stat);

  return {
    data: {
      ...facts,
      ageSeconds: age,
      cpuSeconds: cpuSeconds(stat),
      virtualBytes: status.virtualBytes,
      swapBytes: status.swapBytes,
      ...places,
      uids: status.uids,
      gids: status.gids,
      groups: status.groups,
      capabilities: Object.fromEntries(
        Object.entries(status.capabilities).map(([set, mask]) => [set, capabilityNamesOf(mask)]),
      ),
      noNewPrivileges: status.noNewPrivileges,
      seccomp: status.seccomp,
      namespaces,
      cgroups,
      limits,
      files,
      children,
    },
    lines: ({ width }) => {
      const room = width - labelWidth;
      const details: Detail[] = [
        ["Process", `${pid}, child of ${stat.parent}${innerPids(status)}`],
        ["Command", wrap(oneLine(commandText(facts)), room).map((line) => shorten(line, room))],
        ["State", `${stat.state}: ${stateWords[stat.state] ?? "unknown"}`],
        ["Age", `${humanDuration(age * 1000)}, ${cpuSeconds(stat)} s of it on a processor`],
        ["Threads", facts.threads],
        ["Children", wrap(children.join(" ") || "none", room)],
        ["Memory", memoryText(status)],
        ["Program", linkText(places.program, room, stat)],
        ["Directory", linkText(places.directory, room, stat)],
        ["Root", linkText(places.root, room, stat)],
        ["User", identityText(status)],
        ["Capabilities", wrap(capabilityText(status.capabilities.effective), room)],
        [
          "No new rights",
          status.noNewPrivileges ? "yes: execve cannot gain any" : "no: a setuid program may gain some",
        ],
        ["System calls", seccompText(status.seccomp)],
        ["Namespaces", namespaceLines(namespaces, reader, room)],
        ["Cgroups", cgroups.length === 0 ? ["none"] : cgroupLines(cgroups, room)],
        ["Files", files ? wrap(summaryOfFiles(files), room) : hidden],
        ["", (files ?? []).slice(0, 3).map(({ fd, target }) => shorten(`${fd} ${oneLine(target)}`, room))],
        ["Most files", limits.find(({ name }) => name === "Max open files")?.soft ?? "unknown"],
      ];
      return detailLines(details.filter(([label, value]) => label !== "" || (value as string[]).length > 0)).map(
        (line) => line.replace(/^:/, " "),
      );
    },
    why: stat.isKernelThread
      ? "This is a thread of the kernel: it runs in the kernel alone and has no program, memory, files or arguments. Its name in brackets is all there is."
      : `All of it is in files below /proc/${pid}: status, stat, cmdline, ns, cgroup, fd, limits (proc(5)). Any program may read them; there is no other interface.`,
  };
}

function innerPids({ namespacePids }: ProcessStatus): string {
  return namespacePids.length > 1 ? `; pid ${namespacePids.at(-1)} in its own namespace` : "";
}

function ageSeconds({ startTime }: ProcessStat): number {
  const uptime = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  return Math.max(0, Number((uptime - startTime / ticksPerSecond).toFixed(2)));
}

function cpuSeconds({ userTicks, systemTicks }: ProcessStat): number {
  return (userTicks + systemTicks) / ticksPerSecond;
}

function memoryText({ residentBytes, virtualBytes, swapBytes }: ProcessStatus): string {
  if (residentBytes === undefined) return "none of its own";
  const swapped = swapBytes ? `, ${binarySize(swapBytes)} swapped out` : "";
  return `${binarySize(residentBytes)} in use${swapped}, ${binarySize(virtualBytes ?? 0)} of addresses mapped`;
}

function linkText(link: FileLink | undefined | typeof hidden, room: number, { state }: ProcessStat): string {
  if (link === hidden) return link;
  if (!link) return state === "Z" ? "gone" : "none";
  return shorten(
    `${oneLine(link.target)}${link.deleted ? " (removed since, lives on as long as it is open)" : ""}`,
    room,
  );
}

function identityText({ uids, gids, groups }: ProcessStatus): string {
  const [real = 0, effective = 0] = uids;
  const acting = effective === real ? "" : `, acting as ${userName(effective)} (${effective})`;
  const further = groups.filter((one) => one !== gids[0]);
  return `${userName(real)} (${real})${acting}, group ${gids[0]}${further.length > 0 ? ` and ${further.join(" ")}` : ""}`;
}

function capabilityText(mask: bigint): string {
  const names = capabilityNamesOf(mask).map((name) => name.slice("CAP_".length).toLowerCase());
  if (names.length === 0) return "none: root's rights in nothing";
  const missing = capabilityNames.filter((_, number) => ((mask >> BigInt(number)) & 1n) === 0n);
  if (missing.length === 0) return "all: it may do whatever root may";
  if (missing.length <= 5) return `all but ${missing.map((name) => name.slice(4).toLowerCase()).join(" ")}`;
  return `${names.length} of ${capabilityNames.length}: ${names.join(" ")}`;
}

function namespaceLines(
  own: Record<string, number> | undefined,
  reader: Readonly<Record<string, number>>,
  room: number,
): string[] {
  if (own === undefined) return [hidden];
  const apart = namespacesApart(own, reader);
  const shared = Object.keys(own).filter((kind) => !apart.includes(kind));
  if (apart.length + shared.length === 0) return ["none any more"];
  return [
    ...(shared.length > 0 ? wrap(`shared with you: ${shared.join(" ")}`, room) : []),
    ...(apart.length > 0 ? wrap(`others than yours: ${apart.join(" ")}`, room) : []),
  ];
}

/** One line for all hierarchies in which it is at the same place. */
function cgroupLines(cgroups: ReturnType<typeof readCgroups>, room: number): string[] {
  const byPath = new Map<string, string[]>();
  for (const { path, controllers } of cgroups) {
    byPath.set(path, [...(byPath.get(path) ?? []), controllers.join(",") || "v2"]);
  }
  return [...byPath].flatMap(([path, names]) => wrap(`${oneLine(path)} (${names.join(" ")})`, room));
}

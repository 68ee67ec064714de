import type { Command, Option } from "commander";
import { discover } from "../api/discovery.ts";
import { resolveResource } from "../api/resolve.ts";
import type { ApiResource } from "../api/resource.ts";
import { type Session, withSession } from "../api/session.ts";
import { pods, workloads } from "../api/types.ts";
import { commandTable } from "../command-table.ts";
import { scripts } from "./scripts.ts";

/** Commands whose first word is a kind and whose further words are names. */
const takeKinds = ["get", "describe", "why", "delete", "scale", "wait"];
const takePods = ["logs", "exec"];
const takeContainers = [...takePods, "stop", "rm"];

/** Candidates for the last of `words`, each with a description after a tab. Empty: file names, or nothing to offer. */
export async function candidates(words: readonly string[], self: Command): Promise<string[]> {
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const matching = (found: readonly string[]): string[] => found.filter((candidate) => candidate.startsWith(typed));
  const name = before.find((word) => Object.hasOwn(commandTable, word));
  if (name === undefined) return matching(typed.startsWith("-") ? flagsOf(self.parent ?? self) : commandNames());

  const path = subcommands((await commandTable[name]?.load()) as Command, before.slice(before.indexOf(name) + 1));
  const command = path.at(-1) as Command;
  // What follows -- is another program's.
  if (before.includes("--")) return [];
  if (typed.startsWith("-")) return matching([...path.toReversed(), self.parent ?? self].flatMap(flagsOf));
  if (name === "completion") return matching(Object.keys(scripts));
  if (command.commands.length > 0) {
    return matching(command.commands.map((child) => `${child.name()}\t${child.description()}`));
  }
  if (name === "inspect" && command.registeredArguments[0]?.name() === "process")
    return matching(await processCandidates(typed, self));
  if (name === "runtime") {
    const { containerCandidates } = await import("../runtime/container-candidates.ts");
    return matching(await containerCandidates(command.name(), before));
  }
  if (name === "lab" && command.name() !== "cluster") return matching(await labCandidates());
  const previous = before.at(-1) ?? "";
  if (["-f", "--filename", "--data-dir", "--kubeconfig"].includes(previous)) return [];
  if (previous === "-o" || previous === "--output") return matching(["json", "yaml", "wide", "name"]);
  const operands = operandsAfter(before, name);
  const [own, found] = await Promise.all([
    takeContainers.includes(name) && (operands.length === 0 || !takePods.includes(name)) ? ownContainers(self) : [],
    fromServer(name, operands, typed, previous, self),
  ]);
  return matching([...own, ...found]);
}

/** A command and those of its subcommands that the words name, outermost first: `inspect ns diff`. */
function subcommands(command: Command, words: readonly string[]): Command[] {
  const child = command.commands.find((one) => words.includes(one.name()));
  return child ? [command, ...subcommands(child, words.slice(words.indexOf(child.name()) + 1))] : [command];
}

/** Pids with what runs there, or names of pods once somebody has begun to type one. */
async function processCandidates(typed: string, self: Command): Promise<string[]> {
  if (typed.startsWith("pod/")) return fromServer("inspect", [], typed, "", self);
  const { pidCandidates } = await import("../inspect/pid-candidates.ts");
  return ["self\tyour shell", "pod/\ta container of a pod", ...pidCandidates()];
}

/** A shell that waits is worse than one that offers nothing: no cluster, no candidates. */
async function fromServer(
  name: string,
  operands: readonly string[],
  typed: string,
  previous: string,
  self: Command,
): Promise<string[]> {
  try {
    return await withSession(self, async (session) => {
      if (previous === "-n" || previous === "--namespace")
        return namesOf(session, "namespaces", await discover(session.client));
      if (name === "inspect") return (await podNames(session)).map((pod) => `pod/${pod}`);
      if (takePods.includes(name)) return operands.length > 0 ? [] : podNames(session);
      if (name === "rollout") {
        const { items } = await session.client.list(workloads, { namespace: session.namespace });
        return items.map(({ metadata }) => `workload/${metadata.name}`);
      }
      if (!takeKinds.includes(name)) return [];
      const resources = await discover(session.client);
      const [kind] = operands;
      if (kind !== undefined) return namesOf(session, kind, resources);
      const [prefix = "", rest] = typed.split("/");
      if (rest === undefined) return resources.map(({ plural, kind }) => `${plural}\t${kind}`);
      return (await namesOf(session, prefix, resources)).map((found) => `${prefix}/${found}`);
    });
  } catch {
    return [];
  }
}

async function ownContainers(self: Command): Promise<string[]> {
  const { containerNames } = await import("../containers/candidates.ts");
  // A data directory that is not there has none.
  return containerNames(self).catch(() => []);
}

async function labCandidates(): Promise<string[]> {
  const { labs } = await (await import("../lab/course.ts")).openCourse({});
  return labs.map(({ id, title }) => `${id}\t${title}`);
}

async function podNames({ client, namespace }: Session): Promise<string[]> {
  const { items } = await client.list(pods, { namespace });
  return items.map(({ metadata, status }) => `${metadata.name}\t${status?.phase ?? ""}`);
}

async function namesOf(
  { client, namespace }: Session,
  kind: string,
  resources: readonly ApiResource[],
): Promise<string[]> {
  const type = resolveResource(kind, resources);
  const { items } = await client.list(type, { namespace: type.namespaced ? namespace : undefined });
  return items.map(({ metadata }) => metadata.name);
}

function commandNames(): string[] {
  return Object.entries(commandTable).flatMap(([name, { summary, hidden }]) => (hidden ? [] : [`${name}\t${summary}`]));
}

function flagsOf(command: Command): string[] {
  return command.options.map((option: Option) => `${option.long ?? option.short}\t${option.description}`);
}

/** The words after the command that are no flags. A flag's value cannot be told from an operand here; that costs a candidate at worst. */
function operandsAfter(words: readonly string[], name: string): string[] {
  return words.slice(words.indexOf(name) + 1).filter((word) => !word.startsWith("-"));
}

import { hasCode } from "@drydock/kit";
import { readStat } from "@drydock/linux";
import type { Command } from "commander";
import { failure } from "../errors.ts";
import { settingsOf } from "../settings/settings.ts";
import { gone } from "./ended.ts";

/** What may stand where a command takes a process; for --help. */
export const targetHelp = "pid, self (your shell), pod/NAME[/CONTAINER], node/NAME, or a container of drydock runtime";

/**
 * The pid, on this machine, of what the user has named. Throws INSPECT_NO_PROCESS when there is none. It may have ended by the time that it is looked
 * at: every reader says so for itself.
 */
export async function resolveTarget(command: Command, name: string): Promise<number> {
  if (/^\d+$/.test(name)) return existing(Number(name));
  // The launcher becomes drydock by exec: the parent is whoever typed the command.
  if (name === "self") return existing(process.ppid);
  const [kind = "", ...rest] = name.split("/");
  const inner = rest.join("/");
  if (["pod", "pods", "po", "workload", "workloads", "wl"].includes(kind) && rest.length > 0) {
    // Only who names a pod pays for what it takes to talk to a server.
    const { pidOfPod } = await import("./target-pod.ts");
    return pidOfPod(command, kind, rest);
  }
  if (["node", "nodes"].includes(kind) && rest.length === 1) return pidOfNode(command, inner);
  return pidOfContainer(command, kind === "container" ? inner : name);
}

function existing(pid: number): number {
  if (pid === 0) {
    throw failure(
      "INSPECT_NO_PROCESS",
      "pid 0 is no process: the kernel calls what a processor does when it has nothing to do so",
      {
        hint: "the first process of a machine or a container has pid 1",
      },
    );
  }
  if (readStat(pid)) return pid;
  throw gone(pid);
}

async function pidOfNode(command: Command, name: string): Promise<number> {
  const { readRunning } = await import("../supervisor/record.ts");
  const { dataDir } = await settingsOf(command);
  const pid = (await readRunning(dataDir))?.nodes.find((node) => node.name === name)?.container?.pid;
  if (pid !== undefined) return existing(pid);
  throw failure("INSPECT_NO_PROCESS", `no node ${name} runs on ${dataDir}`, {
    hint: "drydock status lists the nodes of the cluster in the data directory",
  });
}

async function pidOfContainer(command: Command, id: string): Promise<number> {
  const [{ createRuntime }, { stateDirOf }] = await Promise.all([
    import("@drydock/runtime"),
    import("../runtime/places.ts"),
  ]);
  const stateDir = stateDirOf(command);
  try {
    const { pid, status } = await createRuntime({ stateDir }).state(id);
    if (pid !== undefined) return existing(pid);
    throw failure("INSPECT_NO_PROCESS", `container ${id} is ${status}: it has no processes`, {
      hint: `drydock runtime delete ${id} removes what is left of it`,
    });
  } catch (error) {
    if (!hasCode(error, "RUNTIME_NOT_FOUND", "RUNTIME_INVALID_CONFIG")) throw error;
    throw failure("INSPECT_NO_PROCESS", `"${id}" is neither a pid nor a container below ${stateDir}`, {
      hint: "a pid is a number (drydock inspect proc ls); pods are written pod/NAME, nodes node/NAME",
      cause: error,
    });
  }
}

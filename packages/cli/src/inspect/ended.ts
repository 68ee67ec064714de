import { readStat } from "@drydock/linux";
import { failure } from "../errors.ts";

/** For whoever finds that a process has ended between two looks at it. */
export function gone(pid: number): Error {
  return failure("INSPECT_NO_PROCESS", `no process here has the pid ${pid}`, {
    hint: "processes come and go, and numbers are used again: drydock inspect proc ls shows those of now",
    details: { pid },
  });
}

export function zombie(pid: number): Error {
  const parent = readStat(pid)?.parent;
  return failure(
    "INSPECT_ZOMBIE",
    `process ${pid} has ended: it is a zombie, its namespaces, mounts and files are gone`,
    {
      hint: `only its exit code is left, until its parent ${parent ?? ""} fetches it with wait(2): look at the parent`.replace(
        "  ",
        " ",
      ),
      details: { pid },
    },
  );
}

/** For what only processes have: throws INSPECT_KERNEL_THREAD for a thread of the kernel and INSPECT_ZOMBIE for what has ended. */
export function requireProcess(pid: number): void {
  const stat = readStat(pid);
  if (!stat) throw gone(pid);
  if (stat.state === "Z" || stat.state === "X") throw zombie(pid);
  if (stat.isKernelThread) {
    throw failure("INSPECT_KERNEL_THREAD", `${pid} (${stat.command}) is a thread of the kernel, not a process`, {
      hint: "it has no program, memory, namespaces or mounts of its own: those of the machine are pid 1's",
      details: { pid },
    });
  }
}

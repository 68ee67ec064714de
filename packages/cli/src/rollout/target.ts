import { failure } from "../errors.ts";

/** The name in `workload/web`, `wl/web` or `workload web`. Only workloads have rollouts. */
export function workloadOf(word: string, name: string | undefined): string {
  const [kind = "", named] = word.split("/");
  const found = named ?? name;
  if (!["workload", "workloads", "wl", "workload.drydock.dev", "workloads.drydock.dev"].includes(kind.toLowerCase())) {
    throw failure("CLI_USAGE", `a ${kind} has no rollouts`, { hint: "name a workload: workload/NAME" });
  }
  if (!found) throw failure("CLI_USAGE", "the name of the workload is missing", { hint: "write workload/NAME" });
  return found;
}

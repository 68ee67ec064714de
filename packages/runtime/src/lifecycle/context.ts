import { join } from "node:path";
import type { Logger } from "@drydock/kit";
import type { CgroupHierarchies, Executor } from "@drydock/linux";
import { failure } from "../errors.ts";

/** What every operation of one runtime shares. */
export interface RuntimeContext {
  stateDir: string;
  /** What is mounted of cgroups of either version. */
  hierarchies: CgroupHierarchies;
  /** Where the cgroup2 hierarchy is mounted; undefined: nowhere. */
  cgroupMount: string | undefined;
  /** Directory of the cgroup2 hierarchy below which containers get theirs; undefined: the host has none. */
  cgroupRoot: string | undefined;
  executor: Executor;
  /** This process makes one container and ends. */
  forCommand: boolean;
  logger: Logger;
  /** Waits in this process, by container: delete lets them see the exit status before it removes it. */
  waiters: Map<string, Set<Promise<unknown>>>;
}

/** A container's directory. Ids are file names: letters, digits, `_ . + -`, beginning with a letter or digit, up to 200. */
export function containerDirectory(context: RuntimeContext, id: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.+-]{0,199}$/.test(id)) {
    throw failure("RUNTIME_INVALID_CONFIG", `id: ${JSON.stringify(id)} is not a container id`, {
      details: { path: "id" },
      hint: "use letters, digits, _ . + and -, beginning with a letter or digit",
    });
  }
  return join(context.stateDir, id);
}

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "@drydock/kit";
import { removeCgroup, removeEmptyParents } from "./cgroup.ts";
import type { ContainerCgroup } from "./container-cgroup.ts";

/** Makes a cgroup below a cgroup v1 hierarchy. Throws what mkdir(2) says: the hierarchy may be mounted read-only. */
export function makeLegacyCgroup(mount: string, path: string, controller: string): string {
  let directory = mount;
  for (const name of path.split("/").filter(Boolean)) {
    const parent = directory;
    directory = join(parent, name);
    try {
      mkdirSync(directory);
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
    }
    if (controller === "cpuset") inheritCpuset(parent, directory);
  }
  return directory;
}

/** A new cpuset of v1 has no cpus and no memory, and no process can live in it: it gets those of its parent first. */
function inheritCpuset(parent: string, directory: string): void {
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    if (readFileSync(join(directory, file), "utf8").trim() !== "") continue;
    writeFileSync(join(directory, file), readFileSync(join(parent, file), "utf8").trim());
  }
}

/** Removes the directories of a container in cgroup v1 hierarchies, and the empty ones above them. Nobody lives there any more. */
export function removeLegacyCgroups({ legacy }: ContainerCgroup, mounts: Readonly<Record<string, string>>): void {
  for (const [controller, directory] of Object.entries(legacy ?? {})) {
    removeCgroup(directory);
    const mount = mounts[controller];
    if (mount !== undefined) removeEmptyParents(mount, directory);
  }
}

import { hasMountNamespace } from "../config/mount-namespace.ts";
import { type MountPlan, planMount } from "../config/mount-options.ts";
import { hasUserNamespace } from "../config/user-namespace.ts";
import type { MountConfig, RuntimeConfig } from "../types.ts";
import type { CompileInput } from "./compile-input.ts";
import type { IdMaps } from "./user-namespaces.ts";

/**
 * What of the host is bound into the container is cloned by open_tree(2), at one of three times:
 * - ordinarily by the container's process, right where it is mounted;
 * - at that process's beginning, before it cuts the ties of its mounts with the host's, for what keeps such a tie
 *   (slave, shared); it is cloned once more where it is mounted, so that mounts are made in their order;
 * - by the shim, which has the host's rights and may go where root of a user namespace may not, when there is one, and
 *   for id-mapped mounts, which take the right over the file system.
 */
export type SourceTime = "in place" | "early" | "shim";

export interface Source {
  /** Name of the descriptor of the clone, for a time other than `in place`. */
  name: string;
  path: string;
  recursive: boolean;
  time: SourceTime;
  idmap?: { recursive: boolean; maps?: IdMaps };
}

export const keepsTies = (flag: string | undefined): boolean => flag === "MS_SLAVE" || flag === "MS_SHARED";

/** The source of config.mounts[index], a bind mount. */
export function bindSource(input: CompileInput, mount: MountConfig, plan: MountPlan, index: number): Source {
  const idmap = plan.idmap && {
    recursive: plan.idmap === "ridmap",
    ...(mount.uidMappings?.length ? { maps: { uids: mount.uidMappings, gids: mount.gidMappings ?? [] } } : {}),
  };
  return {
    name: `source${index}`,
    path: mount.source ?? "",
    recursive: plan.recursive,
    time: timeOf(input, idmap !== undefined, plan.propagation?.flag),
    ...(idmap ? { idmap } : {}),
  };
}

/** The source of a root that is a directory. */
export function rootSource(input: CompileInput): Source | undefined {
  if (input.root.type !== "directory") return undefined;
  return {
    name: "root",
    path: input.root.path,
    recursive: true,
    time: timeOf(input, false, propagationFlag(input.config)),
  };
}

/** linux.rootfsPropagation as the flag of mount(2). */
export function propagationFlag(config: RuntimeConfig): "MS_PRIVATE" | "MS_SHARED" | "MS_SLAVE" | "MS_UNBINDABLE" {
  const name = config.linux?.rootfsPropagation?.replace(/^r/, "");
  if (name === "shared") return "MS_SHARED";
  if (name === "slave") return "MS_SLAVE";
  return name === "unbindable" ? "MS_UNBINDABLE" : "MS_PRIVATE";
}

function timeOf({ config, facts }: CompileInput, idmapped: boolean, propagation: string | undefined): SourceTime {
  if (facts.rootless === undefined && (idmapped || hasUserNamespace(config))) return "shim";
  // In the host's mount namespace no ties are cut.
  return keepsTies(propagation) && hasMountNamespace(config) ? "early" : "in place";
}

/** Everything of the host that is bound into the container. */
export function allSources(input: CompileInput): Source[] {
  const root = rootSource(input);
  const binds = (input.config.mounts ?? []).flatMap((mount, index) => {
    const plan = planMount(mount, `mounts[${index}]`);
    return plan.kind === "bind" ? [bindSource(input, mount, plan, index)] : [];
  });
  return [...(root ? [root] : []), ...binds];
}

/** Names of the descriptors that the shim hands on to the container's process. */
export function shimSourceNames(input: CompileInput): string[] {
  return allSources(input)
    .filter(({ time }) => time === "shim")
    .map(({ name }) => name);
}

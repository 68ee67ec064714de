import { hostId } from "../config/user-namespace.ts";
import type { UserIds } from "../rootless/subordinate-ids.ts";
import type { IdMapping, MountConfig, RuntimeConfig } from "../types.ts";

/**
 * The configuration for an ordinary user: in a user namespace whose root is that user, with all other ids from those
 * that the user was given, or none where there are not any.
 */
export function rootlessConfig(config: RuntimeConfig, ids: UserIds): RuntimeConfig {
  const helpers = ids.newuidmap !== undefined && ids.newgidmap !== undefined;
  const both = helpers && ids.subuids.length > 0 && ids.subgids.length > 0;
  const uidMappings = mappings(ids.uid, both ? ids.subuids : []);
  const gidMappings = mappings(ids.gid, both ? ids.subgids : []);
  return {
    ...config,
    mounts: (config.mounts ?? []).map((mount) => withMappedGroups(mount, gidMappings)),
    linux: {
      ...config.linux,
      namespaces: [...(config.linux?.namespaces ?? []), { type: "user" }],
      uidMappings,
      gidMappings,
    },
  };
}

function mappings(own: number, ranges: UserIds["subuids"]): IdMapping[] {
  let containerID = 1;
  const rest = ranges.map(({ first, count }) => {
    const mapping = { containerID, hostID: first, size: count };
    containerID += count;
    return mapping;
  });
  return [{ containerID: 0, hostID: own, size: 1 }, ...rest];
}

/** The group of terminals, gid=5, is an option that the kernel refuses where there is no such group. */
function withMappedGroups(mount: MountConfig, gidMappings: IdMapping[]): MountConfig {
  const options = mount.options?.filter((option) => {
    const gid = /^gid=(\d+)$/.exec(option)?.[1];
    return gid === undefined || hostId(gidMappings, Number(gid)) !== undefined;
  });
  return { ...mount, ...(options ? { options } : {}) };
}

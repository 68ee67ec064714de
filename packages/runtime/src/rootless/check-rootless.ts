import { readFileSync } from "node:fs";
import { type DrydockError, errnoOf } from "@drydock/kit";
import type { RootlessFacts } from "../compile/compile-input.ts";
import { isOwnId } from "../compile/user-namespaces.ts";
import { invalid } from "../config/check.ts";
import { planMount } from "../config/mount-options.ts";
import { hasUserNamespace, hostId, makesUserNamespace } from "../config/user-namespace.ts";
import { failure } from "../errors.ts";
import type { IdMapping, RuntimeConfig } from "../types.ts";
import { type IdRange, subordinateIds, type UserIds } from "./subordinate-ids.ts";

/**
 * Whether an ordinary user can start this container, found out before anything is begun: the kernel would say EPERM to
 * all of it. Undefined for root. Throws RUNTIME_ROOTLESS or RUNTIME_INVALID_CONFIG, with what to do.
 */
export function checkRootless(config: RuntimeConfig): RootlessFacts | undefined {
  if (process.geteuid?.() === 0) return undefined;
  if (!hasUserNamespace(config)) {
    throw failure("RUNTIME_ROOTLESS", "linux.namespaces has no user namespace, and only root can do without", {
      details: { path: "linux.namespaces" },
      hint: "drydock runtime spec --rootless writes a configuration for this user; or run it as root",
    });
  }
  const forbidden = forbiddenBy(readSetting);
  if (forbidden) throw forbidden;
  const ids = subordinateIds();
  if (makesUserNamespace(config)) checkMaps(config, ids);
  checkMounts(config);
  const { uid, gid, newuidmap = "", newgidmap = "" } = ids;
  return { uid, gid, newuidmap, newgidmap };
}

/** Settings by which hosts forbid user namespaces to everybody but root: the kernel's, Debian's, Ubuntu's. */
const switches = [
  { file: "user/max_user_namespaces", forbids: "0", remedy: "user.max_user_namespaces=10000" },
  { file: "kernel/unprivileged_userns_clone", forbids: "0", remedy: "kernel.unprivileged_userns_clone=1" },
  {
    file: "kernel/apparmor_restrict_unprivileged_userns",
    forbids: "1",
    remedy: "kernel.apparmor_restrict_unprivileged_userns=0",
  },
];

/** The error of a host with such a setting; undefined where there is none. */
export function forbiddenBy(setting: (file: string) => string | undefined): DrydockError | undefined {
  const found = switches.find(({ file, forbids }) => setting(file) === forbids);
  if (!found) return undefined;
  const name = found.file.replaceAll("/", ".");
  return failure(
    "RUNTIME_ROOTLESS",
    `this host lets nobody but root make user namespaces: ${name} is ${found.forbids}`,
    {
      details: { file: `/proc/sys/${found.file}` },
      hint: `as root: sysctl -w ${found.remedy}`,
    },
  );
}

function readSetting(file: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${file}`, "utf8").trim();
  } catch (error) {
    // Most kernels have only the first.
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function checkMaps(config: RuntimeConfig, ids: UserIds): void {
  const { uidMappings = [], gidMappings = [] } = config.linux ?? {};
  checkMountGroups(config);
  if (isOwnId(uidMappings, ids.uid) && isOwnId(gidMappings, ids.gid)) {
    if (!config.process.user?.additionalGids?.length) return;
    throw invalid(
      "process.user.additionalGids",
      "a user who maps only the own id cannot set groups",
      "remove it, or map more ids: drydock runtime spec --rootless does where /etc/subuid lets it",
    );
  }
  checkMap("uid", uidMappings, { own: ids.uid, ranges: ids.subuids, helper: ids.newuidmap, user: ids.name });
  checkMap("gid", gidMappings, { own: ids.gid, ranges: ids.subgids, helper: ids.newgidmap, user: ids.name });
}

interface Allowance {
  own: number;
  ranges: readonly IdRange[];
  helper: string | undefined;
  user: string;
}

function checkMap(kind: "uid" | "gid", mappings: readonly IdMapping[], allowed: Allowance): void {
  const [field, file] = [`linux.${kind}Mappings`, `/etc/sub${kind}`];
  const { own, ranges, helper, user } = allowed;
  const refuse = (problem: string, hint: string) =>
    failure("RUNTIME_ROOTLESS", problem, { details: { path: field, user, file }, hint });
  if (helper === undefined) {
    throw refuse(
      `${field} maps more than your own id, and there is no new${kind}map`,
      "as root: apt-get install uidmap; or map only your own id",
    );
  }
  const isAllowed = ({ hostID, size }: IdMapping): boolean =>
    (size === 1 && hostID === own) ||
    ranges.some(({ first, count }) => hostID >= first && hostID + size <= first + count);
  const outside = mappings.find((mapping) => !isAllowed(mapping));
  if (outside === undefined) return;
  if (ranges.length === 0) {
    throw refuse(
      `${field} maps more than your own id, and ${file} has no entry for ${user}`,
      `as root: usermod --add-sub${kind}s 100000-165535 ${user}; or map only your own id`,
    );
  }
  throw refuse(
    `${field} maps the host's ids ${outside.hostID} to ${outside.hostID + outside.size - 1}, which ${file} does not give to ${user}`,
    `yours are ${ranges.map(({ first, count }) => `${first} to ${first + count - 1}`).join(", ")}`,
  );
}

function checkMountGroups(config: RuntimeConfig): void {
  for (const [index, mount] of (config.mounts ?? []).entries()) {
    for (const option of mount.options ?? []) {
      const [, kind, id] = /^([ug]id)=(\d+)$/.exec(option) ?? [];
      const mappings = kind === "uid" ? config.linux?.uidMappings : config.linux?.gidMappings;
      if (kind && hostId(mappings, Number(id)) === undefined) {
        throw invalid(`mounts[${index}].options`, `${option} is not mapped in the user namespace`, "remove it");
      }
    }
  }
}

/** What root alone can have, whatever the user namespace. */
function checkMounts(config: RuntimeConfig): void {
  for (const [index, mount] of (config.mounts ?? []).entries()) {
    const path = `mounts[${index}]`;
    if (!planMount(mount, path).idmap) continue;
    throw invalid(path, "an ordinary user cannot id-map mounts: it takes rights over the file system", "run as root");
  }
}

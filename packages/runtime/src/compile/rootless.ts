import { existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { errnoOf } from "@drydock/kit";
import { invalid } from "../config/check.ts";
import { planMount } from "../config/mount-options.ts";
import { hasUserNamespace, makesUserNamespace } from "../config/user-namespace.ts";
import { failure } from "../errors.ts";
import type { IdMapping, RuntimeConfig } from "../types.ts";
import type { HostFacts, RootlessFacts } from "./compile-input.ts";
import { isOwnId } from "./user-namespaces.ts";

/**
 * Whether an ordinary user can start this container, found out before anything is begun: the kernel would say EPERM to
 * all of it. Nothing for root. Throws RUNTIME_ROOTLESS or RUNTIME_INVALID_CONFIG, with what to do.
 */
export function rootlessFacts(config: RuntimeConfig): Pick<HostFacts, "rootless"> {
  const [uid, gid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0];
  if (uid === 0) return {};
  if (!hasUserNamespace(config)) {
    throw failure("RUNTIME_ROOTLESS", "linux.namespaces has no user namespace, and only root can do without", {
      details: { path: "linux.namespaces" },
      hint: "drydock runtime spec --rootless writes a configuration for this user; or run it as root",
    });
  }
  checkKernel();
  const rootless: RootlessFacts = { uid, gid, newuidmap: helperPath("newuidmap"), newgidmap: helperPath("newgidmap") };
  if (makesUserNamespace(config)) checkMaps(config, rootless);
  checkFields(config);
  return { rootless };
}

const systemDirectories = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];

function helperPath(name: string): string {
  const found = systemDirectories.map((directory) => `${directory}/${name}`).find((path) => existsSync(path));
  return found ?? "";
}

/** Settings by which hosts forbid user namespaces to everybody but root: the kernel's, Debian's, Ubuntu's. */
const switches = [
  { file: "user/max_user_namespaces", forbids: "0", set: "user.max_user_namespaces=10000" },
  { file: "kernel/unprivileged_userns_clone", forbids: "0", set: "kernel.unprivileged_userns_clone=1" },
  {
    file: "kernel/apparmor_restrict_unprivileged_userns",
    forbids: "1",
    set: "kernel.apparmor_restrict_unprivileged_userns=0",
  },
];

function checkKernel(): void {
  for (const { file, forbids, set } of switches) {
    if (readText(`/proc/sys/${file}`)?.trim() !== forbids) continue;
    throw failure(
      "RUNTIME_ROOTLESS",
      `this host lets nobody but root make user namespaces: ${set.replace(/=.*/, "")} is ${forbids}`,
      {
        details: { file: `/proc/sys/${file}` },
        hint: `as root: sysctl -w ${set}`,
      },
    );
  }
}

function checkMaps(config: RuntimeConfig, { uid, gid, newuidmap, newgidmap }: RootlessFacts): void {
  const { uidMappings = [], gidMappings = [] } = config.linux ?? {};
  if (isOwnId(uidMappings, uid) && isOwnId(gidMappings, gid)) {
    if (config.process.user?.additionalGids?.length) {
      throw invalid(
        "process.user.additionalGids",
        "a user who maps only the own id cannot set groups",
        "remove it, or map more ids: drydock runtime spec --rootless does where /etc/subuid lets it",
      );
    }
    return;
  }
  const { username } = userInfo();
  const kinds = [
    {
      field: "linux.uidMappings",
      helper: "newuidmap",
      path: newuidmap,
      file: "/etc/subuid",
      own: uid,
      ids: uidMappings,
    },
    {
      field: "linux.gidMappings",
      helper: "newgidmap",
      path: newgidmap,
      file: "/etc/subgid",
      own: gid,
      ids: gidMappings,
    },
  ];
  for (const { field, helper, path, file, own, ids } of kinds) {
    if (path === "") {
      throw failure("RUNTIME_ROOTLESS", `${field} maps more than your own id, and there is no ${helper}`, {
        details: { path: field, helper },
        hint: "as root: apt-get install uidmap; or map only your own id",
      });
    }
    const allowed = subordinateIds(file, username, uid);
    const outside = ids.find((range) => !isAllowed(range, own, allowed));
    if (outside === undefined) continue;
    const flag = helper === "newuidmap" ? "--add-subuids" : "--add-subgids";
    throw failure(
      "RUNTIME_ROOTLESS",
      allowed.length === 0
        ? `${field} maps more than your own id, and ${file} has no entry for ${username}`
        : `${field} maps host ids ${outside.hostID} to ${outside.hostID + outside.size - 1}, which ${file} does not give to ${username}`,
      {
        details: { path: field, file, user: username },
        hint:
          allowed.length === 0
            ? `as root: usermod ${flag} 100000-165535 ${username}; or map only your own id`
            : `yours are ${allowed.map(({ first, count }) => `${first} to ${first + count - 1}`).join(", ")}`,
      },
    );
  }
}

export interface SubordinateRange {
  first: number;
  count: number;
}

/** Ids that a user may map besides the own one (subuid(5)): lines NAME:FIRST:COUNT, where NAME may be the uid. */
export function subordinateIds(file: string, username: string, uid: number): SubordinateRange[] {
  return (readText(file) ?? "")
    .split("\n")
    .map((line) => line.trim().split(":"))
    .filter(([name]) => name === username || name === String(uid))
    .map(([, first, count]) => ({ first: Number(first), count: Number(count) }))
    .filter(({ first, count }) => first > 0 && count > 0);
}

function isAllowed({ hostID, size }: IdMapping, own: number, ranges: readonly SubordinateRange[]): boolean {
  if (size === 1 && hostID === own) return true;
  return ranges.some(({ first, count }) => hostID >= first && hostID + size <= first + count);
}

/** What root alone can have, whatever the user namespace. */
function checkFields(config: RuntimeConfig): void {
  for (const [index, mount] of (config.mounts ?? []).entries()) {
    const path = `mounts[${index}]`;
    if (planMount(mount, path).idmap) {
      throw invalid(
        path,
        "an ordinary user cannot id-map mounts: it takes CAP_SYS_ADMIN over the file system",
        "run as root",
      );
    }
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "EACCES") return undefined;
    throw error;
  }
}

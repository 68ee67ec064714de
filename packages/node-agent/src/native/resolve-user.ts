import { agentError } from "../errors.ts";
import type { ContainerSecurity } from "../port/pod-runtime.ts";

export interface ProcessUser {
  uid: number;
  gid: number;
  additionalGids: number[];
  /** The user's home directory, for HOME. */
  home: string;
}

export interface UserDatabase {
  /** Text of /etc/passwd and /etc/group; undefined when the image has none. */
  passwd: string | undefined;
  group: string | undefined;
}

/**
 * Who a container's process is: the pod's runAsUser and runAsGroup, else the image's `USER` (`name`, `uid`, `name:group`, `uid:gid`), else root.
 * Rules as in CRI: an unknown number is allowed, an unknown name is not; a user's groups come from /etc/group.
 */
export function resolveUser(
  imageUser: string | undefined,
  security: Pick<ContainerSecurity, "runAsUser" | "runAsGroup" | "runAsNonRoot" | "supplementalGroups">,
  database: UserDatabase,
): ProcessUser {
  const [userText = "", groupText] =
    security.runAsUser === undefined ? (imageUser ?? "").split(":") : [`${security.runAsUser}`];
  const entry = findUser(userText === "" ? "0" : userText, database);
  const uid = entry.uid;
  if (security.runAsNonRoot && uid === 0) {
    throw agentError("AGENT_RUN_AS_ROOT", "container has runAsNonRoot and image will run as root", {
      hint: "set securityContext.runAsUser, or give the image a USER",
    });
  }
  let gid = entry.gid;
  if (security.runAsGroup !== undefined) gid = security.runAsGroup;
  else if (groupText !== undefined && groupText !== "") gid = findGroup(groupText, database);
  const additionalGids = new Set([...security.supplementalGroups, ...groupsOf(entry.name, database)]);
  additionalGids.delete(gid);
  return { uid, gid, additionalGids: [...additionalGids].sort((a, b) => a - b), home: entry.home };
}

interface UserEntry {
  name: string | undefined;
  uid: number;
  gid: number;
  home: string;
}

function findUser(text: string, { passwd }: UserDatabase): UserEntry {
  const number = /^\d+$/.test(text) ? Number(text) : undefined;
  for (const [name, , uid, gid, , home] of fieldsOf(passwd)) {
    if (uid === undefined || !/^\d+$/.test(uid)) continue;
    if (name !== text && Number(uid) !== number) continue;
    return { name, uid: Number(uid), gid: Number(gid) || 0, home: home || "/" };
  }
  if (number === undefined) throw unknown("user", text, "/etc/passwd");
  return { name: undefined, uid: number, gid: 0, home: number === 0 ? "/root" : "/" };
}

function findGroup(text: string, { group }: UserDatabase): number {
  if (/^\d+$/.test(text)) return Number(text);
  for (const [name, , gid] of fieldsOf(group)) {
    if (name === text && gid !== undefined && /^\d+$/.test(gid)) return Number(gid);
  }
  throw unknown("group", text, "/etc/group");
}

function groupsOf(user: string | undefined, { group }: UserDatabase): number[] {
  if (user === undefined) return [];
  return fieldsOf(group)
    .filter(([, , gid, members]) => gid !== undefined && /^\d+$/.test(gid) && members?.split(",").includes(user))
    .map(([, , gid]) => Number(gid));
}

function fieldsOf(text: string | undefined): string[][] {
  return (text ?? "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(":"));
}

function unknown(what: string, name: string, file: string) {
  return agentError("AGENT_NO_SUCH_USER", `the image's ${file} has no ${what} "${name}"`, {
    hint: "give it as a number (securityContext.runAsUser), or build the image with that entry",
  });
}

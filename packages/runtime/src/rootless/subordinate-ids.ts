import { existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { errnoOf } from "@drydock/kit";

export interface IdRange {
  first: number;
  count: number;
}

/** Who runs this process, and which ids it may map into a user namespace. */
export interface UserIds {
  name: string;
  uid: number;
  gid: number;
  /** Besides the own one: what /etc/subuid and /etc/subgid give, where the helpers are that act on it. */
  subuids: IdRange[];
  subgids: IdRange[];
  /** Paths of newuidmap(1) and newgidmap(1). */
  newuidmap?: string;
  newgidmap?: string;
}

/** Looks it all up. */
export function subordinateIds(): UserIds {
  const [uid, gid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0];
  const name = ownName() ?? String(uid);
  const newuidmap = helper("newuidmap");
  const newgidmap = helper("newgidmap");
  return {
    name,
    uid,
    gid,
    subuids: parseSubordinateIds(readText("/etc/subuid"), name, uid),
    // The lines of /etc/subgid begin with the user, too (subgid(5)).
    subgids: parseSubordinateIds(readText("/etc/subgid"), name, uid),
    ...(newuidmap ? { newuidmap } : {}),
    ...(newgidmap ? { newgidmap } : {}),
  };
}

/** Undefined for a user without an entry in passwd(5), as build machines have them. */
function ownName(): string | undefined {
  try {
    return userInfo().username;
  } catch (error) {
    // Node's own error: the errno is in `info`, not in `code`.
    const { info } = error as { info?: { code?: string } };
    if (info?.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Lines NAME:FIRST:COUNT of subuid(5), where NAME may be the uid; ranges of this user. */
export function parseSubordinateIds(text: string, name: string, uid: number): IdRange[] {
  return text
    .split("\n")
    .map((line) => line.trim().split(":"))
    .filter(([owner]) => owner === name || owner === String(uid))
    .map(([, first, count]) => ({ first: Number(first), count: Number(count) }))
    .filter(({ first, count }) => first > 0 && count > 0);
}

const directories = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];

function helper(name: string): string | undefined {
  return directories.map((directory) => `${directory}/${name}`).find((path) => existsSync(path));
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "EACCES") return "";
    throw error;
  }
}

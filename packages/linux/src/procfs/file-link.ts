import { readdirSync, readlinkSync } from "node:fs";
import { errnoOf } from "@drydock/kit";

/** What a link of /proc/PID (exe, cwd, root, fd/N) leads to. */
export interface FileLink {
  target: string;
  /** The file was removed, and lives on as long as somebody has it open. */
  deleted: boolean;
}

const deletedMark = " (deleted)";

/**
 * The kernel appends " (deleted)" to the path of a removed file (d_path). A file may also be called so: then `exists` on its full name is true, and it
 * is not deleted.
 */
export function parseFileLink(target: string, exists: (path: string) => boolean = () => false): FileLink {
  if (!target.endsWith(deletedMark) || exists(target)) return { target, deleted: false };
  return { target: target.slice(0, -deletedMark.length), deleted: true };
}

/** Undefined for what a process does not have: a kernel thread has no program, a zombie has nothing at all. Throws EACCES. */
export function readFileLink(pid: number, name: string, exists?: (path: string) => boolean): FileLink | undefined {
  try {
    return parseFileLink(readlinkSync(`/proc/${pid}/${name}`), exists);
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ESRCH") return undefined;
    throw error;
  }
}

export interface OpenFile extends FileLink {
  fd: number;
}

/** The open files of a process, by number; those that it closes meanwhile are left out. Throws EACCES, and ENOENT when the process is gone. */
export function readOpenFiles(pid: number, exists?: (path: string) => boolean): OpenFile[] {
  return readdirSync(`/proc/${pid}/fd`)
    .map(Number)
    .sort((a, b) => a - b)
    .flatMap((fd) => {
      const link = readFileLink(pid, `fd/${fd}`, exists);
      return link ? [{ fd, ...link }] : [];
    });
}

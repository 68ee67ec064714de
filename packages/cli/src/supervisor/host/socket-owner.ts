import { readdir, readlink } from "node:fs/promises";
import { describeProcess, type FoundProcess } from "./processes.ts";

/** A process that has the socket of this inode open: a descriptor of it names the inode. Undefined when none is ours to look into. */
export async function socketOwner(inode: string): Promise<FoundProcess | undefined> {
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    try {
      const descriptors = await readdir(`/proc/${pid}/fd`);
      const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => "")));
      const [owner] = targets.includes(`socket:[${inode}]`) ? describeProcess(Number(pid)) : [];
      if (owner) return owner;
    } catch {
      // Ended meanwhile, or not ours to look into: then it is not named.
    }
  }
  return undefined;
}

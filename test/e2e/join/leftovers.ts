import { readdir, readFile, readlink } from "node:fs/promises";
import { errnoOf, runCommand } from "@drydock/kit";

/**
 * Ends containers whose agent is gone, and takes away what they have mounted: everything that has a mount from below
 * `directory`, in a mount namespace of its own.
 */
export async function endContainers(directory: string): Promise<void> {
  const own = await readlink("/proc/self/ns/mnt");
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    try {
      if ((await readlink(`/proc/${pid}/ns/mnt`)) === own) continue;
      if ((await readFile(`/proc/${pid}/mountinfo`, "utf8")).includes(directory)) process.kill(Number(pid), "SIGKILL");
    } catch (error) {
      // It has ended meanwhile, or is not ours to look at.
      if (!["ENOENT", "ESRCH", "EINVAL", "EACCES"].includes(errnoOf(error) ?? "")) throw error;
    }
  }
  const mounts = (await readFile("/proc/self/mountinfo", "utf8"))
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((path) => path.startsWith(`${directory}/`));
  for (const path of mounts.reverse()) await runCommand("umount", ["--lazy", path]);
}

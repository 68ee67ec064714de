import { chmod, chown, mkdir, readdir, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errnoOf } from "@drydock/kit";
import { filesDigest, type VolumeFiles } from "./volume-files.ts";

/** A symbolic link to the directory with the files that count. */
const current = "..data";

/**
 * Makes a directory show exactly these files, all at the same moment: they are written beside, then one link is moved. Who reads through the directory
 * sees either all old files or all new ones. The layout is kubelet's (AtomicWriter): `a -> ..data/a`, `..data -> ..<digest>`.
 * With a group the files are its to read. Nothing but the agent writes here: containers have the volume read-only. True when something changed.
 */
export async function writeFiles(directory: string, files: VolumeFiles, group?: number): Promise<boolean> {
  const version = `..${filesDigest(files)}`;
  const before = await readlink(join(directory, current)).catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  });
  if (before === version) return false;

  const payload = join(directory, version);
  // Left over from an agent that was killed before it moved the link.
  await rm(payload, { recursive: true, force: true });
  await mkdir(payload, { mode: 0o755 });
  for (const [path, { content, mode }] of files) {
    const file = join(payload, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeFile(file, content, { flag: "wx" });
    if (group !== undefined) await chown(file, 0, group);
    // The mode of an open is narrowed by the umask.
    await chmod(file, group === undefined ? mode : mode | 0o440);
  }
  const next = join(directory, "..data_next");
  await rm(next, { force: true });
  await symlink(version, next);
  await rename(next, join(directory, current));
  await linkTops(directory, files);
  for (const name of await readdir(directory)) {
    if (name.startsWith("..") && name !== version && name !== current) {
      await rm(join(directory, name), { recursive: true, force: true });
    }
  }
  return true;
}

/** One link for each file or directory at the top; those of files that are gone go. */
async function linkTops(directory: string, files: VolumeFiles): Promise<void> {
  const tops = new Set([...files.keys()].map((path) => path.split("/")[0] as string));
  const present = await readdir(directory);
  for (const name of present) if (!name.startsWith("..") && !tops.has(name)) await rm(join(directory, name));
  for (const name of tops) if (!present.includes(name)) await symlink(join(current, name), join(directory, name));
}

import { execFile, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import {
  chmod,
  copyFile,
  glob,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createGzip } from "node:zlib";
import { pathExists, runCommand } from "@drydock/kit";
import { vmError } from "../errors.ts";
import { loadOrder, moduleDepends } from "./module-order.ts";

/** What a machine boots from. */
export interface KernelImage {
  /** Uncompressed ELF: qemu enters it directly (PVH), which saves the time of a boot loader that unpacks it. */
  kernel: string;
  initrd: string;
  /** Has lib/modules/<release>. */
  modules: string;
  release: string;
}

const PACKAGE = "linux-image-cloud-amd64";
/** Found before the root file system is there; all others are loaded on demand from `modules`. */
const BOOT_MODULES = ["virtio_pci", "virtio_console", "virtiofs", "overlay"];
/** How a bzImage's payload begins, and what unpacks it (kernel: scripts/extract-vmlinux). */
const COMPRESSIONS = [
  { magic: [0x02, 0x21, 0x4c, 0x18], program: "lz4" },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], program: "zstd" },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], program: "xz" },
] as const;

/**
 * Debian's cloud kernel with a small initramfs, made from its package once and kept in `cache`. Interrupted or concurrent builds leave nothing half-made there: the
 * directory appears whole, by a rename.
 */
export async function kernelImage(cache: string, log: (line: string) => void): Promise<KernelImage> {
  await mkdir(cache, { recursive: true });
  const known = (await readdir(cache))
    .filter((name) => name.startsWith("kernel-"))
    .sort()
    .at(-1);
  if (known) return imageIn(join(cache, known), known.slice("kernel-".length));
  log(`fetching ${PACKAGE} from this system's package archive`);
  const work = await mkdtemp(join(cache, ".building-"));
  try {
    const release = await build(work);
    const target = join(cache, `kernel-${release}`);
    await rename(join(work, "image"), target).catch(async (error: unknown) => {
      // Another process was quicker; its image is as good.
      if (!(await pathExists(target))) throw error;
    });
    return imageIn(target, release);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function imageIn(directory: string, release: string): KernelImage {
  return {
    kernel: join(directory, "vmlinux"),
    initrd: join(directory, "initrd.gz"),
    modules: join(directory, "modules"),
    release,
  };
}

async function build(work: string): Promise<string> {
  const depends = await runCommand("apt-cache", ["depends", PACKAGE]);
  const real = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (!real)
    throw vmError("VM_ENGINE_MISSING", `${PACKAGE} is not known to apt`, { hint: "apt-get update, then try again" });
  const release = real.slice("linux-image-".length);
  await chmod(work, 0o755);
  await runCommand("apt-get", ["download", "-o", "APT::Sandbox::User=root", real], { cwd: work, timeoutMs: 300_000 });
  const [archive] = (await readdir(work)).filter((name) => name.endsWith(".deb"));
  await runCommand("dpkg-deb", ["-x", archive as string, "package"], { cwd: work });

  const image = join(work, "image");
  await mkdir(join(image, "modules/lib"), { recursive: true });
  await extractKernel(join(work, "package/boot", `vmlinuz-${release}`), join(image, "vmlinux"));
  await rename(join(work, "package/lib/modules"), join(image, "modules/lib/modules"));
  await runCommand("/bin/busybox", ["depmod", "-b", join(image, "modules"), release]);
  await buildInitrd(join(work, "initrd"), join(image, "modules/lib/modules", release), join(image, "initrd.gz"));
  return release;
}

async function extractKernel(bzImage: string, target: string): Promise<void> {
  const content = await readFile(bzImage);
  for (const { magic, program } of COMPRESSIONS) {
    const at = content.indexOf(Buffer.from(magic));
    if (at < 0) continue;
    const child = spawn(program, ["-dc"], { stdio: ["pipe", "pipe", "ignore"] });
    const missing = new Promise<never>((_, reject) => {
      child.on("error", () =>
        reject(
          vmError("VM_ENGINE_MISSING", `${program} is needed to unpack the kernel`, {
            hint: `apt-get install -y ${program}`,
          }),
        ),
      );
    });
    // The payload is followed by other sections: the program is right to complain about them and we to ignore it.
    child.stdin.on("error", () => {});
    child.stdin.end(content.subarray(at));
    await Promise.race([pipeline(child.stdout, createWriteStream(target)), missing]);
    return;
  }
  throw vmError("VM_ENGINE_MISSING", `${basename(bzImage)} is compressed in a way that is not known here`, {
    hint: "take --engine uml",
  });
}

/** busybox, the modules that find the root file system, and an init that hands over to the script which the host has written. */
async function buildInitrd(tree: string, modules: string, target: string): Promise<void> {
  for (const directory of ["bin", "sbin", "modules", "lib/modules", "proc", "sys", "dev", "run", "host"]) {
    await mkdir(join(tree, directory), { recursive: true });
  }
  await copyFile("/bin/busybox", join(tree, "bin/busybox"));
  const paths = new Map<string, string>();
  const depends = new Map<string, string[]>();
  for await (const file of glob("kernel/{fs,drivers}/**/*.ko", { cwd: modules })) {
    const name = basename(file, ".ko").replaceAll("-", "_");
    if (!file.includes("virtio") && !/\/(fuse|overlay)\.ko$/.test(file)) continue;
    paths.set(name, join(modules, file));
    depends.set(name, moduleDepends(await readFile(join(modules, file))));
  }
  const order = loadOrder(BOOT_MODULES, depends);
  for (const name of order) await copyFile(paths.get(name) as string, join(tree, "modules", `${name}.ko`));
  // The kernel calls this when something needs a module; it does so in this root, not in the command's.
  await writeFile(join(tree, "sbin/modprobe"), '#!/bin/busybox sh\nexec /bin/busybox modprobe "$@"\n', { mode: 0o755 });
  await symlink("/bin/busybox", join(tree, "bin/sh"));
  await writeFile(join(tree, "init"), initrdScript(order), { mode: 0o755 });
  const archive = spawn("/bin/busybox", ["cpio", "-o", "-H", "newc"], { cwd: tree, stdio: ["pipe", "pipe", "ignore"] });
  const { stdout: names } = await promisify(execFile)("/bin/busybox", ["find", "."], { cwd: tree });
  archive.stdin.end(names);
  await pipeline(archive.stdout, createGzip({ level: 6 }), createWriteStream(target));
}

function initrdScript(modules: readonly string[]): string {
  return `${[
    "#!/bin/busybox sh",
    "B=/bin/busybox",
    "$B mount -t devtmpfs dev /dev; $B mount -t proc proc /proc; $B mount -t sysfs sys /sys",
    ...modules.map((name) => `$B insmod /modules/${name}.ko`),
    "for word in $($B cat /proc/cmdline); do case $word in drydock.*) eval ${word#drydock.};; esac; done",
    // ro or rw, the script and the modules' directory come on the kernel's command line; paths are ours and have no spaces.
    '[ -n "$script" ] || { echo probe-ok >/dev/console; $B poweroff -f; }',
    "$B mount -t virtiofs -o $mode root /host && $B mount --bind /host$modules/lib/modules /lib/modules",
    'exec /bin/busybox sh "/host$script"',
  ].join("\n")}\n`;
}

import { closeSync, openSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { failure } from "../errors.ts";
import { firstFree, firstInherited } from "../ffi/spawn.ts";
import { cString, syscall, syscallUnless } from "../ffi/syscall.ts";
import { mountAttributeBytes, mountAttributes, openTreeFlags } from "../kernel/mount-flags.ts";
import { AT_FDCWD, openFlags } from "../kernel/open-flags.ts";
import type { Executor, LaunchOptions } from "./executor.ts";
import { launchImage, type SpawnPlan } from "./launch.ts";

/**
 * Flags with which Node survives a raw fork: the child has only the thread that called it, so V8 may have no helper
 * threads that the child would wait for in vain.
 */
const nodeFlags = ["--single-threaded", "--v8-pool-size=0", "--no-warnings", "--experimental-strip-types"];
const F_DUPFD_CLOEXEC = 1030;
const main = fileURLToPath(new URL("./direct-main.ts", import.meta.url));

/**
 * The same image, interpreted by a Node process that makes each call through ffi-rs. Works on every architecture with a
 * table of numbers, and is the one to step through; a container takes about 100 ms more to start, and its parent is
 * that Node process (30 MB) for as long as it runs.
 */
export const directExecutor: Executor = {
  name: "direct",
  launch: (program, options = {}) =>
    launchImage(program, options, (_imageFd, title) => directPlan(options, title, "run")),
};

/** The Node process; with `step` four descriptors follow the image (see step-gate.ts). */
export function directPlan(options: LaunchOptions, title: string, mode: "run" | "step"): SpawnPlan {
  const node = readOnlyNode();
  const image = firstInherited + 1 + Object.keys(options.inherit ?? {}).length;
  return {
    path: `/proc/self/fd/${node}`,
    image: node,
    argv: [title, ...nodeFlags, main, String(image), mode],
    keepImage: true,
    dispose: () => closeSync(node),
  };
}

/** An ordinary user makes no mounts. Its containers are no more than it is: what it cannot write they cannot either. */
function unwritableNode(): number {
  const isOwn = statSync(process.execPath).uid === process.geteuid?.();
  if (isOwn) {
    throw failure("LINUX_UNSUPPORTED", `${process.execPath} is your own file, which a container could overwrite`, {
      hint: "use a Node that belongs to root, or the native executor",
    });
  }
  const fd = openSync(process.execPath, openFlags.O_PATH);
  try {
    return syscall("fcntl", fd, F_DUPFD_CLOEXEC, firstFree);
  } finally {
    closeSync(fd);
  }
}

/**
 * Node's executable by way of a read-only mount that is nowhere: a container that gets hold of it through
 * /proc/self/exe cannot write to the host's file, nor remount what it cannot name (CVE-2019-5736).
 */
function readOnlyNode(): number {
  const { OPEN_TREE_CLONE, OPEN_TREE_CLOEXEC, AT_EMPTY_PATH } = openTreeFlags;
  const path = cString(process.execPath);
  const mount = syscallUnless(["EPERM"], "open_tree", AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  if (mount === undefined) return unwritableNode();
  const attributes = mountAttributeBytes(mountAttributes.MOUNT_ATTR_RDONLY, 0);
  try {
    syscall("mount_setattr", mount, cString(""), AT_EMPTY_PATH, attributes, attributes.length);
    // Out of the way of what the process inherits: its path is opened after those are in place.
    return syscall("fcntl", mount, F_DUPFD_CLOEXEC, firstFree);
  } finally {
    closeSync(mount);
  }
}

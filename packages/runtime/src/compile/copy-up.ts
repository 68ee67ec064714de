import {
  atFlags,
  FSMOUNT_CLOEXEC,
  FSOPEN_CLOEXEC,
  flags,
  fsconfigCommands,
  type MemoryBlock,
  memory,
  mountAttributes,
  named,
  type Operand,
  octal,
  openFlags,
  resultOf,
  type Step,
  valueAt,
} from "@drydock/linux";
import type { AttributeName } from "../config/mount-options.ts";
import type { RuntimeConfig } from "../types.ts";
import { attach, emptyPath } from "./steps.ts";

/** Struct statx (linux/stat.h): owner, group and mode of the directory that is covered. */
const statx = { size: 256, uid: 20, gid: 24, mode: 28, basic: 0x7ff };

export const copyUpMemory: Record<string, MemoryBlock> = { below: { bytes: statx.size } };

export function needsCopyUp({ mounts = [] }: RuntimeConfig): boolean {
  return mounts.some(({ options }) => options?.includes("tmpcopyup"));
}

/**
 * Numbers by which the layers are named in the overlay's options. It takes paths, and /proc/self/fd/N is one that nobody
 * can bend; kernels before 6.13 take no descriptors.
 */
const layers = { lower: 60, memory: 61 };

/**
 * tmpcopyup: a tmpfs that begins with what the image has in that place. Nothing is copied before somebody writes: the
 * image's directory becomes the lower layer of an overlay whose upper layer is the tmpfs (`mount`), mounted on `target`.
 * The result is the new `mount`, to be put on `target` in its stead.
 */
export function copyUpSteps(
  destination: string,
  attributes: readonly AttributeName[],
  mode: number | undefined,
): Step[] {
  const set = (key: string, value: string): Step => ({
    name: "fsconfig",
    args: [resultOf("overlay"), flags(fsconfigCommands, "FSCONFIG_SET_STRING"), key, value, 0],
    why: `${key} of the overlay`,
  });
  const place = (fd: Operand, number: number, why: string): Step => ({
    name: "dup3",
    args: [fd, number, named("O_CLOEXEC", openFlags.O_CLOEXEC)],
    why,
  });
  const directory = (name: string): Step => ({
    name: "mkdirat",
    args: [resultOf("mount"), name, octal(0o755)],
    why: `the overlay's ${name} directory`,
  });
  return [
    place(resultOf("target"), layers.lower, `what the image has in ${destination}`),
    place(resultOf("mount"), layers.memory, "the tmpfs that takes what is written"),
    attach("mount", "target", "an overlay takes layers that are mounted somewhere: here nobody sees it for long"),
    directory("upper"),
    directory("work"),
    {
      name: "statx",
      args: [resultOf("target"), "", emptyPath, statx.basic, memory("below")],
      why: `owner and mode of ${destination} in the image`,
    },
    {
      name: "fchownat",
      args: [
        resultOf("mount"),
        "upper",
        valueAt("below", statx.uid),
        valueAt("below", statx.gid),
        flags(atFlags, "AT_SYMLINK_NOFOLLOW"),
      ],
      why: "the same owner",
      onError: { ignore: "EINVAL" },
    },
    {
      name: "fchmodat",
      args: [resultOf("mount"), "upper", mode === undefined ? valueAt("below", statx.mode) : octal(mode)],
      why: mode === undefined ? "the same mode" : "the option mode",
    },
    { name: "fsopen", args: ["overlay", FSOPEN_CLOEXEC], why: "tmpcopyup", result: "overlay" },
    set("source", "tmpcopyup"),
    set("lowerdir", `/proc/self/fd/${layers.lower}`),
    set("upperdir", `/proc/self/fd/${layers.memory}/upper`),
    set("workdir", `/proc/self/fd/${layers.memory}/work`),
    {
      name: "fsconfig",
      args: [resultOf("overlay"), flags(fsconfigCommands, "FSCONFIG_CMD_CREATE"), 0, 0, 0],
      why: "make the overlay",
    },
    {
      name: "fsmount",
      args: [resultOf("overlay"), FSMOUNT_CLOEXEC, flags(mountAttributes, ...attributes)],
      why: "as a mount that is nowhere yet",
      result: "covered",
    },
    attach("covered", "mount", `the image's ${destination} with the tmpfs above it`),
  ];
}

import {
  atFlags,
  FSMOUNT_CLOEXEC,
  FSOPEN_CLOEXEC,
  flags,
  fsconfigCommands,
  mountAttributeBytes,
  mountAttributes,
  mountFlags,
  named,
  openFlags,
  openTreeFlags,
  resultOf,
  type Step,
  struct,
} from "@drydock/linux";
import { hasMountNamespace } from "../config/mount-namespace.ts";
import { hasUserNamespace } from "../config/user-namespace.ts";
import type { CompileInput } from "./compile-input.ts";
import { atCwd, attach, emptyPath, openInRoot } from "./steps.ts";

/**
 * Opens the host's /dev/null and makes an empty read-only directory while the host's root is still there: what covers a
 * masked path never comes from the container, whose /dev/null may be anything (CVE-2025-31133). The directory is
 * attached in this mount namespace, since kernels before 6.15 clone nothing that is not. Part of maskSteps, but with a
 * user namespace long before it: its root may not be able to go where the directory is.
 */
export function coverSteps({ config, directory }: CompileInput): Step[] {
  if (!config.linux?.maskedPaths?.length) return [];
  return [
    {
      name: "openat",
      args: [atCwd, "/dev/null", named("O_PATH|O_CLOEXEC", openFlags.O_PATH | openFlags.O_CLOEXEC)],
      why: "the host's /dev/null, to cover masked files with",
      result: "null",
    },
    ...(hasMountNamespace(config) ? attachedEmpty(`${directory}/empty`) : detachedEmpty),
  ];
}

function attachedEmpty(place: string): Step[] {
  return [
    {
      name: "mount",
      args: ["tmpfs", place, "tmpfs", flags(mountFlags, "MS_RDONLY"), "nr_inodes=1,mode=0555"],
      why: "an empty directory, to cover masked directories with",
    },
    {
      name: "openat",
      args: [atCwd, place, named("O_PATH|O_CLOEXEC", openFlags.O_PATH | openFlags.O_CLOEXEC)],
      why: "that directory",
      result: "empty",
    },
  ];
}

/** Where nothing may be attached, since the mount namespace is the host's. */
const detachedEmpty: Step[] = [
  {
    name: "fsopen",
    args: ["tmpfs", FSOPEN_CLOEXEC],
    why: "an empty directory, to cover masked directories with",
    result: "filesystem",
  },
  ...[
    ["nr_inodes", "1"],
    ["mode", "0555"],
  ].map(
    ([key = "", value = ""]): Step => ({
      name: "fsconfig",
      args: [resultOf("filesystem"), flags(fsconfigCommands, "FSCONFIG_SET_STRING"), key, value, 0],
      why: "with nothing in it",
    }),
  ),
  {
    name: "fsconfig",
    args: [resultOf("filesystem"), flags(fsconfigCommands, "FSCONFIG_CMD_CREATE"), 0, 0, 0],
    why: "make it",
  },
  {
    name: "fsmount",
    args: [resultOf("filesystem"), FSMOUNT_CLOEXEC, flags(mountAttributes, "MOUNT_ATTR_RDONLY")],
    why: "that directory, mounted nowhere",
    result: "empty",
  },
];

/** linux.maskedPaths: a file is covered with /dev/null, a directory with an empty one, a path that is not there is left. */
export function maskSteps(input: CompileInput): Step[] {
  const paths = input.config.linux?.maskedPaths ?? [];
  const covers = hasUserNamespace(input.config) ? [] : coverSteps(input);
  return [...covers, ...paths.flatMap((path, index) => maskOne(path, index, input.arch))];
}

function maskOne(path: string, index: number, arch: CompileInput["arch"]): Step[] {
  const asFile = `mask${index}.file`;
  const done = `mask${index}.done`;
  const clone = (cover: string): Step => ({
    name: "open_tree",
    args: [resultOf(cover), "", flags(openTreeFlags, "OPEN_TREE_CLONE", "OPEN_TREE_CLOEXEC", "AT_EMPTY_PATH")],
    why: `a cover for ${path}`,
    result: "mount",
  });
  return [
    { ...openInRoot(path, "any", arch, "target", `${path} must not be seen`), onError: { jump: done, when: "ENOENT" } },
    {
      ...openInRoot(path, "directory", arch, "target", `is ${path} a directory?`),
      onError: { jump: asFile, when: "ENOTDIR" },
    },
    clone("empty"),
    attach("mount", "target", `mask the directory ${path}`),
    { name: "jump", args: [], why: `${path} is masked`, onError: { jump: done, when: "any" } },
    { name: "label", label: asFile, args: [], why: `${path} is a file` },
    clone("null"),
    attach("mount", "target", `mask the file ${path}`),
    { name: "label", label: done, args: [], why: `${path} is masked or not there` },
  ];
}

/** linux.readonlyPaths: bind mounted over themselves, read-only with all below; a path that is not there is left. */
export function readonlySteps({ config, arch }: CompileInput): Step[] {
  const attributes = mountAttributeBytes(mountAttributes.MOUNT_ATTR_RDONLY, 0);
  return (config.linux?.readonlyPaths ?? []).flatMap((path, index): Step[] => {
    const done = `readonly${index}.done`;
    return [
      {
        ...openInRoot(path, "any", arch, "target", `${path} must not be changed`),
        onError: { jump: done, when: "ENOENT" },
      },
      {
        name: "open_tree",
        args: [
          resultOf("target"),
          "",
          flags(openTreeFlags, "OPEN_TREE_CLONE", "OPEN_TREE_CLOEXEC", "AT_EMPTY_PATH", "AT_RECURSIVE"),
        ],
        why: `a second mount of ${path}`,
        result: "mount",
      },
      {
        name: "mount_setattr",
        args: [
          resultOf("mount"),
          "",
          flags(atFlags, "AT_EMPTY_PATH", "AT_RECURSIVE"),
          struct(attributes, "{set: MOUNT_ATTR_RDONLY}"),
          attributes.length,
        ],
        why: "read-only",
      },
      attach("mount", "target", `cover ${path} with its read-only self`),
      { name: "label", label: done, args: [], why: `${path} is read-only or not there` },
    ];
  });
}

/** root.readonly: after all mount points were made, before the root is entered. */
export function readonlyRootSteps({ config }: CompileInput): Step[] {
  if (!config.root.readonly) return [];
  const attributes = mountAttributeBytes(mountAttributes.MOUNT_ATTR_RDONLY, 0);
  return [
    {
      name: "mount_setattr",
      args: [resultOf("root"), "", emptyPath, struct(attributes, "{set: MOUNT_ATTR_RDONLY}"), attributes.length],
      why: "root.readonly",
    },
  ];
}

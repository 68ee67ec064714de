import {
  type Architecture,
  atFlags,
  directoryFlags,
  FSMOUNT_CLOEXEC,
  FSOPEN_CLOEXEC,
  flags,
  fsconfigCommands,
  MOUNT_ATTR__ATIME,
  mountAttributeBytes,
  mountAttributes,
  openFlags,
  openHowSize,
  openTreeFlags,
  resultOf,
  type Step,
  struct,
} from "@drydock/linux";
import { type AttributeName, type MountPlan, planMount } from "../config/mount-options.ts";
import type { MountConfig } from "../types.ts";
import type { CompileInput } from "./compile-input.ts";
import { deviceSteps } from "./devices.ts";
import { atCwd, attach, type DirectoryMaker, openHow, openInRoot } from "./steps.ts";

const atimeAttributes: AttributeName[] = ["MOUNT_ATTR_NOATIME", "MOUNT_ATTR_STRICTATIME"];
/** The kernel's own file systems: mounted on a symlink that an image planted, masks of their paths would miss. */
const strictTypes = new Set(["proc", "sysfs"]);

/** config.mounts in their order: each is made detached, its place is opened inside the root, then it is moved there. */
export function mountSteps(input: CompileInput, directories: DirectoryMaker): Step[] {
  return (input.config.mounts ?? []).flatMap((mount, index) => {
    const plan = planMount(mount, `mounts[${index}]`);
    const destination = `/${mount.destination.split("/").filter(Boolean).join("/")}`;
    const isFile = plan.kind === "bind" && input.facts.sourceKinds.get(mount.source ?? "") === "file";
    const steps = [
      ...(plan.kind === "bind" ? bindSteps(mount, plan) : filesystemSteps(mount, plan)),
      ...(isFile
        ? fileTarget(destination, directories, input.arch)
        : directoryTarget(destination, directories, strictTypes.has(mount.type ?? ""), input.arch)),
      attach("mount", "target", `${mount.type ?? "bind"} mount on ${destination}`),
    ];
    directories.forget(destination);
    if (destination === "/dev" && mount.type === "tmpfs") steps.push(...deviceSteps(input.arch));
    return steps;
  });
}

/** Makes where a directory is mounted, and opens it as `target`. */
function directoryTarget(path: string, directories: DirectoryMaker, strict: boolean, arch: Architecture): Step[] {
  const why = `the place for the mount ${path}`;
  const open = openInRoot(path, "directory", arch, "target", why);
  if (strict) {
    const { O_DIRECTORY } = directoryFlags(arch);
    const value = openFlags.O_PATH | O_DIRECTORY | openFlags.O_CLOEXEC;
    open.args = [
      resultOf("root"),
      path.slice(1),
      openHow("O_PATH|O_DIRECTORY", value, ["RESOLVE_IN_ROOT", "RESOLVE_NO_SYMLINKS"]),
      openHowSize,
    ];
    open.why = `${why}; a symlink here would lead masked paths astray`;
  }
  return [...directories.make(path, why), open];
}

/** Makes an empty file to mount a file on, unless there is one, and opens it as `target` (by O_PATH: it may be a device). */
function fileTarget(path: string, directories: DirectoryMaker, arch: Architecture): Step[] {
  const parent = path.slice(0, path.lastIndexOf("/"));
  const why = `the place for the mounted file ${path}`;
  const { O_CREAT, O_EXCL, O_CLOEXEC } = openFlags;
  return [
    ...directories.make(parent, why),
    {
      name: "openat2",
      args: [
        resultOf("root"),
        path.slice(1),
        openHow("O_CREAT|O_EXCL", O_CREAT | O_EXCL | O_CLOEXEC, ["RESOLVE_IN_ROOT"], 0o644),
        openHowSize,
      ],
      why,
      onError: { ignore: "EEXIST" },
    },
    openInRoot(path, "any", arch, "target", why),
  ];
}

function bindSteps(mount: MountConfig, plan: MountPlan): Step[] {
  const source = mount.source ?? "";
  const names: (keyof typeof openTreeFlags)[] = ["OPEN_TREE_CLONE", "OPEN_TREE_CLOEXEC"];
  if (plan.recursive) names.push("AT_RECURSIVE");
  return [
    {
      name: "open_tree",
      args: [atCwd, source, flags(openTreeFlags, ...names)],
      why: `a bind mount of ${source}${plan.recursive ? " and what is mounted below it" : ""}`,
      result: "mount",
    },
    ...setAttributes("mount", plan),
  ];
}

/** mount_setattr(2) on a detached mount; nothing when there is nothing to set. */
function setAttributes(mount: string, plan: MountPlan): Step[] {
  if (plan.attributes.length === 0) return [];
  const set = flags(mountAttributes, ...plan.attributes);
  const clear = plan.attributes.some((name) => atimeAttributes.includes(name)) ? MOUNT_ATTR__ATIME : 0;
  const bytes = mountAttributeBytes(Number(set.value), clear);
  return [
    {
      name: "mount_setattr",
      args: [
        resultOf(mount),
        "",
        plan.recursiveAttributes ? flags(atFlags, "AT_EMPTY_PATH", "AT_RECURSIVE") : flags(atFlags, "AT_EMPTY_PATH"),
        struct(bytes, `{set: ${set.text}}`),
        bytes.length,
      ],
      why: "before anybody can see it: its attributes",
    },
  ];
}

function filesystemSteps(mount: MountConfig, plan: MountPlan): Step[] {
  // The spec says "cgroup" for either version; here it is always version 2.
  const type = mount.type === "cgroup" ? "cgroup2" : (mount.type ?? "");
  const data = plan.data.map(
    ({ key, value }): Step => ({
      name: "fsconfig",
      args:
        value === undefined
          ? [resultOf("filesystem"), flags(fsconfigCommands, "FSCONFIG_SET_FLAG"), key, 0, 0]
          : [resultOf("filesystem"), flags(fsconfigCommands, "FSCONFIG_SET_STRING"), key, value, 0],
      why: `option of the ${type}`,
    }),
  );
  const attributes = flags(mountAttributes, ...plan.attributes);
  return [
    { name: "fsopen", args: [type, FSOPEN_CLOEXEC], why: `a ${type} for ${mount.destination}`, result: "filesystem" },
    ...(mount.source
      ? [
          {
            name: "fsconfig",
            args: [resultOf("filesystem"), flags(fsconfigCommands, "FSCONFIG_SET_STRING"), "source", mount.source, 0],
            why: "the name that mountinfo shows",
          } satisfies Step,
        ]
      : []),
    ...data,
    {
      name: "fsconfig",
      args: [resultOf("filesystem"), flags(fsconfigCommands, "FSCONFIG_CMD_CREATE"), 0, 0, 0],
      why: `make the ${type}`,
    },
    {
      name: "fsmount",
      args: [resultOf("filesystem"), FSMOUNT_CLOEXEC, attributes],
      why: "as a mount that is nowhere yet",
      result: "mount",
    },
  ];
}

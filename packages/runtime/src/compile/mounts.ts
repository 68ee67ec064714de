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
  mountFlags,
  openFlags,
  openHowSize,
  resultOf,
  type Step,
  struct,
} from "@drydock/linux";
import { hasMountNamespace } from "../config/mount-namespace.ts";
import { type AttributeChange, type AttributeName, type MountPlan, planMount } from "../config/mount-options.ts";
import type { MountConfig } from "../types.ts";
import type { CompileInput } from "./compile-input.ts";
import { copyUpSteps } from "./copy-up.ts";
import { deviceSteps } from "./devices.ts";
import { cloneAgain, cloneSource, cutTies } from "./source-steps.ts";
import { bindSource, keepsTies, type Source } from "./sources.ts";
import { attach, type DirectoryMaker, inRoot, openHow, openInRoot } from "./steps.ts";

/**
 * The kernel's own file systems: mounted on a symlink that an image planted, masks of their paths would miss; and /dev,
 * in which devices are made (CVE-2019-19921, CVE-2023-27561, CVE-2026-41579).
 */
function isStrict({ type }: MountConfig, destination: string): boolean {
  return type === "proc" || type === "sysfs" || destination === "/dev";
}

/** config.mounts in their order: each is made detached, its place is opened inside the root, then it is moved there. */
export function mountSteps(input: CompileInput, directories: DirectoryMaker): Step[] {
  return (input.config.mounts ?? []).flatMap((mount, index) => {
    const plan = planMount(mount, `mounts[${index}]`);
    const destination = `/${mount.destination.split("/").filter(Boolean).join("/")}`;
    const isFile = plan.kind === "bind" && input.facts.sourceKinds.get(mount.source ?? "") === "file";
    const source = bindSource(input, mount, plan, index);
    const name = plan.kind === "bind" && source.time === "shim" ? source.name : "mount";
    const steps = [
      ...(plan.kind === "bind"
        ? bindSteps(input, source, name, plan)
        : filesystemSteps(mount, plan, input.config.linux?.mountLabel)),
      ...(isFile
        ? fileTarget(destination, directories, input.arch)
        : directoryTarget(destination, directories, isStrict(mount, destination), input.arch)),
      ...(plan.copyUp
        ? copyUpSteps(destination, newAttributes(plan), modeOption(plan))
        : [attach(name, "target", `${mount.type ?? "bind"} mount on ${destination}`)]),
      ...propagationSteps(plan.copyUp ? "covered" : name, plan),
    ];
    directories.forget(destination);
    if (destination === "/dev" && mount.type === "tmpfs") {
      steps.push(...deviceSteps(input));
    }
    return steps;
  });
}

/** The option mode of a tmpfs, which is octal. */
function modeOption(plan: MountPlan): number | undefined {
  const value = plan.data.find(({ key }) => key === "mode")?.value;
  return value === undefined ? undefined : Number.parseInt(value, 8);
}

/** What is mounted or unmounted there later is nobody else's concern, unless the options say so (mount_namespaces(7)). */
function propagationSteps(mount: string, { propagation }: MountPlan): Step[] {
  if (!propagation || propagation.flag === "MS_PRIVATE") return [];
  const flag = flags(mountFlags, propagation.flag);
  const bytes = mountAttributeBytes(0, 0, Number(flag.value));
  return [
    {
      name: "mount_setattr",
      args: [
        resultOf(mount),
        "",
        propagation.recursive ? flags(atFlags, "AT_EMPTY_PATH", "AT_RECURSIVE") : flags(atFlags, "AT_EMPTY_PATH"),
        struct(bytes, `{propagation: ${flag.text}}`),
        bytes.length,
      ],
      why: "whether mounts made here are seen by others, and theirs here",
    },
  ];
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
      openHow("O_PATH|O_DIRECTORY", value, [...inRoot, "RESOLVE_NO_SYMLINKS"]),
      openHowSize,
    ];
    open.why = `${why}; a symlink here would lead masked paths or devices astray`;
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
        openHow("O_CREAT|O_EXCL", O_CREAT | O_EXCL | O_CLOEXEC, inRoot, 0o644),
        openHowSize,
      ],
      why,
      onError: { ignore: "EEXIST" },
    },
    openInRoot(path, "any", arch, "target", why),
  ];
}

function bindSteps({ config }: CompileInput, source: Source, mount: string, plan: MountPlan): Step[] {
  const cut = source.time === "in place" && hasMountNamespace(config);
  return [
    ...(source.time === "in place" ? cloneSource(source, mount) : []),
    ...(source.time === "early" ? cloneAgain(source, mount) : []),
    ...(cut || keepsTies(plan.propagation?.flag) ? [] : cutTies(mount)),
    ...setAttributes(mount, plan.attributes, false),
    ...setAttributes(mount, plan.below, true),
  ];
}

/** mount_setattr(2) on a detached mount; nothing when there is nothing to change. */
function setAttributes(mount: string, change: AttributeChange, below: boolean): Step[] {
  const { set, clear, atime } = change;
  // A bind mount has the source's times unless it is given others.
  if (set.length === 0 && clear.length === 0 && !(below && atime)) return [];
  const setting = flags(mountAttributes, ...set);
  const clearing = flags(mountAttributes, ...clear);
  const bytes = mountAttributeBytes(Number(setting.value), Number(clearing.value) | (atime ? MOUNT_ATTR__ATIME : 0));
  const text = [
    ...(set.length > 0 ? [`set: ${setting.text}`] : []),
    ...(clear.length > 0 ? [`clear: ${clearing.text}`] : []),
    ...(set.length + clear.length === 0 ? ["clear: MOUNT_ATTR__ATIME"] : []),
  ].join(", ");
  return [
    {
      name: "mount_setattr",
      args: [
        resultOf(mount),
        "",
        below ? flags(atFlags, "AT_EMPTY_PATH", "AT_RECURSIVE") : flags(atFlags, "AT_EMPTY_PATH"),
        struct(bytes, `{${text}}`),
        bytes.length,
      ],
      why: below
        ? "its attributes and those of all that is mounted below"
        : "before anybody can see it: its attributes",
    },
  ];
}

/** Nothing is mounted below a new file system: there "rro" is "ro". */
function newAttributes(plan: MountPlan): AttributeName[] {
  return [...new Set([...plan.attributes.set, ...plan.below.set])];
}

/** File systems whose files belong to one container, so that SELinux can give them its label as they are mounted. */
const labelled = new Set(["tmpfs", "devpts", "ramfs", "overlay"]);

function filesystemSteps(mount: MountConfig, plan: MountPlan, label: string | undefined): Step[] {
  // The spec says "cgroup" for either version; here it is always version 2.
  const type = mount.type === "cgroup" ? "cgroup2" : (mount.type ?? "");
  const context = label && labelled.has(type) ? [{ key: "context", value: label }] : [];
  const data = [...plan.data, ...context].map(
    ({ key, value }): Step => ({
      name: "fsconfig",
      args:
        value === undefined
          ? [resultOf("filesystem"), flags(fsconfigCommands, "FSCONFIG_SET_FLAG"), key, 0, 0]
          : [resultOf("filesystem"), flags(fsconfigCommands, "FSCONFIG_SET_STRING"), key, value, 0],
      why: `option of the ${type}`,
    }),
  );
  // What is copied up is written: read-only is the mount that is put on top.
  const names = newAttributes(plan).filter((name) => !(plan.copyUp && name === "MOUNT_ATTR_RDONLY"));
  const attributes = flags(mountAttributes, ...names);
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

import { dirname } from "node:path";
import {
  cloneFlags,
  directoryFlags,
  FSMOUNT_CLOEXEC,
  FSOPEN_CLOEXEC,
  flags,
  fsconfigCommands,
  mountFlags,
  moveMountFlags,
  named,
  octal,
  openFlags,
  resultOf,
  type Step,
} from "@drydock/linux";
import { hasMountNamespace } from "../config/mount-namespace.ts";
import type { CompileInput } from "./compile-input.ts";
import { cloneSource, cutTies } from "./source-steps.ts";
import { keepsTies, propagationFlag, rootSource } from "./sources.ts";
import { atCwd } from "./steps.ts";

/** mount(2) takes one page of options. */
const longestOptions = 4000;

/** The container's root as the result `root`: a descriptor of a mount that exists in the container's mount namespace only. */
export function rootSteps(input: CompileInput): Step[] {
  const { root, arch } = input;
  const place = placeOf(input);
  switch (root.type) {
    case "directory": {
      const source = rootSource(input);
      return [
        ...(source?.time === "in place" ? cloneSource(source) : []),
        // pivot_root takes no shared mount: what is to be shared is so afterwards, among the container's own.
        ...(source?.time === "in place" && hasMountNamespace(input.config)
          ? []
          : cutTies("root", keepsTies(propagationFlag(input.config)) ? "MS_SLAVE" : "MS_PRIVATE")),
        ...(hasMountNamespace(input.config) ? [attachRoot(root.path, place)] : []),
      ];
    }
    case "overlay":
      return [...overlay(root.lower, root.upper, root.work, place, labelOption(input)), openRoot(place, arch)];
    case "volatile-overlay": {
      const size = root.sizeBytes === undefined ? "" : `,size=${root.sizeBytes}`;
      return [
        {
          name: "mount",
          args: ["tmpfs", place, "tmpfs", 0, `mode=0755${size}`],
          why: "memory for what the container writes: it is gone with the last process of the container",
        },
        ...["upper", "work", "merged"].map(
          (name): Step => ({
            name: "mkdirat",
            args: [atCwd, `${place}/${name}`, octal(0o755)],
            why: `the overlay's ${name} directory`,
          }),
        ),
        ...overlay(root.lower, `${place}/upper`, `${place}/work`, `${place}/merged`, [
          { key: "volatile" },
          ...labelOption(input),
        ]),
        openRoot(`${place}/merged`, arch),
      ];
    }
  }
}

/** An option of an overlay beside its layers; the value of `context` has commas of its own. */
interface OverlayOption {
  key: "volatile" | "context";
  value?: string;
}

function labelOption({ config }: CompileInput): OverlayOption[] {
  const label = config.linux?.mountLabel;
  return label ? [{ key: "context", value: label }] : [];
}

function attachRoot(path: string, place: string): Step {
  return {
    name: "move_mount",
    args: [
      resultOf("root"),
      "",
      atCwd,
      place,
      place === path
        ? flags(moveMountFlags, "MOVE_MOUNT_F_EMPTY_PATH", "MOVE_MOUNT_T_SYMLINKS")
        : flags(moveMountFlags, "MOVE_MOUNT_F_EMPTY_PATH"),
    ],
    why: "attach it in this mount namespace",
  };
}

/** Hooks that run before pivot_root look for the container's mounts below root.path, as the bundle has it. */
function placeOf({ root, directory, gates }: CompileInput): string {
  return root.type === "directory" && gates?.includes("hooks") ? root.path : `${directory}/root`;
}

function openRoot(path: string, arch: CompileInput["arch"]): Step {
  const { O_DIRECTORY } = directoryFlags(arch);
  return {
    name: "openat",
    args: [atCwd, path, named("O_PATH|O_DIRECTORY|O_CLOEXEC", openFlags.O_PATH | O_DIRECTORY | openFlags.O_CLOEXEC)],
    why: "the container's root: everything below is resolved from here and cannot leave it",
    result: "root",
  };
}

/**
 * One overlay mount, by mount(2). Where the layers' paths do not fit into its page of options: relative to their common
 * parent, else by the mount API one by one (Linux 6.7 and newer). `lower`: top-most first.
 */
function overlay(lower: readonly string[], upper: string, work: string, place: string, more: OverlayOption[]): Step[] {
  const why = `the root file system: ${lower.length} read-only ${lower.length === 1 ? "layer" : "layers"} below a writable one`;
  const optionsOf = (layers: readonly string[]): string =>
    [
      `lowerdir=${layers.map(escapeLayer).join(":")}`,
      `upperdir=${escapeOption(upper)}`,
      `workdir=${escapeOption(work)}`,
      ...more.map(({ key, value }) => (value === undefined ? key : `${key}="${value}"`)),
    ].join(",");
  const mount = (layers: readonly string[]): Step => ({
    name: "mount",
    args: ["overlay", place, "overlay", 0, optionsOf(layers)],
    why,
  });
  if (fits(optionsOf(lower))) return [mount(lower)];
  const parent = commonParent(lower);
  const relative = lower.map((layer) => layer.slice(parent.length + 1));
  if (fits(optionsOf(relative))) {
    return [
      {
        name: "chdir",
        args: [parent || "/"],
        why: "the layers' common parent: their full paths do not fit into one mount call",
      },
      mount(relative),
    ];
  }
  const set = (key: string, value: string): Step => ({
    name: "fsconfig",
    args: [resultOf("overlay"), flags(fsconfigCommands, "FSCONFIG_SET_STRING"), key, value, 0],
    why: `${key} of the overlay`,
  });
  const setFlag = (key: string): Step => ({
    name: "fsconfig",
    args: [resultOf("overlay"), flags(fsconfigCommands, "FSCONFIG_SET_FLAG"), key, 0, 0],
    why: `${key} of the overlay`,
  });
  return [
    {
      name: "fsopen",
      args: ["overlay", FSOPEN_CLOEXEC],
      why: `${why} (too many for one mount call)`,
      result: "overlay",
    },
    ...lower.map((layer) => set("lowerdir+", layer)),
    set("upperdir", upper),
    set("workdir", work),
    ...more.map(({ key, value }) => (value === undefined ? setFlag(key) : set(key, value))),
    {
      name: "fsconfig",
      args: [resultOf("overlay"), flags(fsconfigCommands, "FSCONFIG_CMD_CREATE"), 0, 0, 0],
      why: "make the overlay",
    },
    {
      name: "fsmount",
      args: [resultOf("overlay"), FSMOUNT_CLOEXEC, 0],
      why: "as a mount that is nowhere yet",
      result: "overlayMount",
    },
    {
      name: "move_mount",
      args: [resultOf("overlayMount"), "", atCwd, place, flags(moveMountFlags, "MOVE_MOUNT_F_EMPTY_PATH")],
      why: "attach it in this mount namespace",
    },
  ];
}

function fits(options: string): boolean {
  return Buffer.byteLength(options) <= longestOptions;
}

/** The directory that all layers are below; "" for the root. */
function commonParent(layers: readonly string[]): string {
  let parent = dirname(layers[0] ?? "/");
  while (parent !== "/" && !layers.every((layer) => layer.startsWith(`${parent}/`))) parent = dirname(parent);
  return parent === "/" ? "" : parent;
}

/** A comma ends an option and a colon ends a layer; overlayfs takes both after a backslash. */
function escapeLayer(path: string): string {
  return path.replace(/[\\:,]/g, "\\$&");
}

function escapeOption(path: string): string {
  return path.replace(/[\\,]/g, "\\$&");
}

/** Makes the container's root the process's, and lets go of the host's. */
export function pivotSteps({ config }: CompileInput): Step[] {
  if (!hasMountNamespace(config)) return changeRootSteps;
  const propagation = config.linux?.rootfsPropagation;
  const flag = propagationFlag(config);
  const change = propagation?.startsWith("r") ? flags(mountFlags, "MS_REC", flag) : flags(mountFlags, flag);
  return [
    {
      name: "openat",
      args: [atCwd, "/proc/self/ns/mnt", named("O_RDONLY|O_CLOEXEC", openFlags.O_CLOEXEC)],
      why: "this mount namespace",
      result: "namespace",
    },
    {
      name: "setns",
      args: [resultOf("namespace"), flags(cloneFlags, "CLONE_NEWNS")],
      why: "from the caller's root, which may be a chroot, to the root of the namespace: below a chroot the host would stay mounted, and an exec would end up there",
    },
    { name: "fchdir", args: [resultOf("root")], why: "pivot_root works on the current directory" },
    {
      name: "pivot_root",
      args: [".", "."],
      why: 'the container\'s root becomes /, with the host\'s root on top of it (pivot_root(2), pivot_root(".", "."))',
    },
    { name: "umount2", args: [".", named("MNT_DETACH", 2)], why: "let go of the host's file systems" },
    { name: "chdir", args: ["/"], why: "the current directory must not be outside of the new root" },
    ...(flag !== "MS_PRIVATE"
      ? [
          {
            name: "mount",
            args: [0, "/", 0, change, 0],
            why: `linux.rootfsPropagation: ${propagation}`,
          } satisfies Step,
        ]
      : []),
  ];
}

/**
 * In the host's mount namespace there is no root to exchange: the process alone gets another one. Its mounts are mounted
 * nowhere, so the host does not see them, and they are gone with the container's last process.
 */
const changeRootSteps: Step[] = [
  { name: "fchdir", args: [resultOf("root")], why: "to the container's root, which no path leads to" },
  {
    name: "chroot",
    args: ["."],
    why: "it becomes /, for this process and its children: linux.namespaces has no mount namespace",
  },
  { name: "chdir", args: ["/"], why: "the current directory must not be outside of the new root" },
];

import { deviceNumber, fileType, named, octal, resultOf, type Step } from "@drydock/linux";
import { devicePath } from "../config/devices-shape.ts";
import { planMount } from "../config/mount-options.ts";
import { hasUserNamespace } from "../config/user-namespace.ts";
import type { DeviceConfig } from "../types.ts";
import { boundDevice } from "./bound-devices.ts";
import type { CompileInput } from "./compile-input.ts";
import { type DirectoryMaker, openInRoot } from "./steps.ts";

const types = { b: "S_IFBLK", c: "S_IFCHR", u: "S_IFCHR", p: "S_IFIFO" } as const;
const defaultMode = 0o666;
const permissions = 0o7777;
const AT_SYMLINK_NOFOLLOW = named("AT_SYMLINK_NOFOLLOW", 0x100);

/** linux.devices, when all mounts are in place. Those that every container has are made with /dev, see devices.ts. */
export function deviceNodeSteps(input: CompileInput, directories: DirectoryMaker): Step[] {
  return (input.config.linux?.devices ?? []).flatMap((device, index) => {
    const path = devicePath(device);
    const parent = path.slice(0, path.lastIndexOf("/"));
    const why = `linux.devices[${index}]`;
    const bound = hasUserNamespace(input.config) && device.type !== "p";
    return [
      ...directories.make(parent, why),
      openInRoot(parent, "directory", input.arch, "dev", `${why}: to make ${path} in it`),
      ...(isHosts(input, path) ? [] : [replace(path, why)]),
      ...(bound ? boundDevice(nameOf(path), path) : nodeSteps(device, path, why)),
    ];
  });
}

/** What an image has there gives way: a name is removed, never followed. A directory stays, and is told as an error. */
function replace(path: string, why: string): Step {
  return {
    name: "unlinkat",
    args: [resultOf("dev"), nameOf(path), 0],
    why: `${why}: what the image has at ${path}, if anything, gives way`,
    onError: { ignore: "ENOENT" },
  };
}

function nodeSteps(
  { type, major = 0, minor = 0, fileMode, uid = 0, gid = 0 }: DeviceConfig,
  path: string,
  why: string,
): Step[] {
  const mode = (fileMode ?? defaultMode) & permissions;
  const name = types[type];
  return [
    {
      name: "mknodat",
      args: [
        resultOf("dev"),
        nameOf(path),
        named(`${name}|${octal(mode).text}`, fileType[name] | mode),
        type === "p" ? 0 : named(`${major}:${minor}`, deviceNumber(major, minor)),
      ],
      why: `${why}: ${path}`,
    },
    ...(uid === 0 && gid === 0
      ? []
      : [
          {
            name: "fchownat",
            args: [resultOf("dev"), nameOf(path), uid, gid, AT_SYMLINK_NOFOLLOW],
            why: `${why}: its owner`,
          } satisfies Step,
        ]),
  ];
}

/** Below a bind mount: a file there belongs to the host, and is not ours to remove. */
function isHosts({ config }: CompileInput, path: string): boolean {
  return (config.mounts ?? []).some((mount, index) => {
    if (planMount(mount, `mounts[${index}]`).kind !== "bind") return false;
    const destination = `/${mount.destination.split("/").filter(Boolean).join("/")}`;
    return path === destination || path.startsWith(`${destination}/`);
  });
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

import {
  atFlags,
  fileType,
  flags,
  type MemoryBlock,
  memory,
  mountAttributeBytes,
  mountAttributeFields,
  mountAttributes,
  mountFlags,
  moveMountFlags,
  named,
  octal,
  openFlags,
  openTreeFlags,
  resultOf,
  type Step,
  struct,
} from "@drydock/linux";
import { makesUserNamespace } from "../config/user-namespace.ts";
import type { CompileInput } from "./compile-input.ts";
import { kept } from "./kept.ts";
import { allSources, type Source } from "./sources.ts";
import { atCwd } from "./steps.ts";
import { type IdMaps, makeUserNamespace, userNamespaceMemory } from "./user-namespaces.ts";

/** In the shim, with the host's rights, after userNamespaceSteps. */
export function shimSourceSteps(input: CompileInput): Step[] {
  const sources = allSources(input);
  const borrowed = sources.some(({ idmap }) => idmap && !idmap.maps);
  const borrow: Step = {
    name: "fcntl",
    args: [resultOf("userNamespace"), named("F_DUPFD_CLOEXEC", 1030), 0],
    why: "its maps are those of mounts, too",
    result: memory(ownIdmap, mountAttributeFields.userNamespace),
  };
  return [
    ...(borrowed ? [borrow] : []),
    ...sources
      .filter(({ time }) => time === "shim")
      .flatMap((source) => [...cloneSource(source, "clone"), ...idmapSteps(source), ...keepClone(input, source)]),
  ];
}

/** Out of the way of what the container's process closes. */
function keepClone(input: CompileInput, { name, path }: Source): Step[] {
  return [
    {
      name: "dup3",
      args: [resultOf("clone"), kept(input, name), named("O_CLOEXEC", openFlags.O_CLOEXEC)],
      why: `${path}, for the container's process`,
      result: name,
    },
    { name: "close", args: [resultOf("clone")], why: "only that one is needed" },
  ];
}

/** In the container's process, while its mounts still have their ties with the host's. */
export function earlySourceSteps(input: CompileInput): Step[] {
  return allSources(input)
    .filter(({ time }) => time === "early")
    .flatMap((source) => cloneSource(source));
}

/**
 * Binds that were cloned early are attached, below where the root will be: before Linux 6.15 only what is attached can be cloned again, by
 * cloneAgain. Each has a place of its own in a private tmpfs: on top of another that is shared, it would be mounted on the host, too. They go
 * with the host's root, and the root of the container is mounted on top of them.
 */
export function placeEarlySources(input: CompileInput): Step[] {
  const early = allSources(input).filter(({ time, name }) => time === "early" && name !== "root");
  const place = `${input.directory}/root`;
  if (early.length === 0) return [];
  return [
    {
      name: "mount",
      args: ["tmpfs", place, "tmpfs", 0, "mode=0700"],
      why: "a place for binds that keep their ties with the host, to be cloned from",
    },
    ...early.flatMap(({ name, path }): Step[] => [
      input.facts.sourceKinds.get(path) === "file"
        ? { name: "mknodat", args: [atCwd, `${place}/${name}`, regularFile, 0], why: `for ${path}` }
        : { name: "mkdirat", args: [atCwd, `${place}/${name}`, octal(0o700)], why: `for ${path}` },
      {
        name: "move_mount",
        args: [resultOf(name), "", atCwd, `${place}/${name}`, flags(moveMountFlags, "MOVE_MOUNT_F_EMPTY_PATH")],
        why: `${path}, in this mount namespace`,
      },
    ]),
  ];
}

const regularFile = named("S_IFREG|0600", fileType.S_IFREG | 0o600);

/** A bind that was cloned early, in its turn: mountinfo lists mounts in the order in which they were made. */
export function cloneAgain({ name, path, recursive }: Source, result: string): Step[] {
  const names: (keyof typeof openTreeFlags)[] = ["OPEN_TREE_CLONE", "OPEN_TREE_CLOEXEC", "AT_EMPTY_PATH"];
  if (recursive) names.push("AT_RECURSIVE");
  return [
    {
      name: "open_tree",
      args: [resultOf(name), "", flags(openTreeFlags, ...names)],
      why: `a bind mount of ${path}, with its ties`,
      result,
    },
  ];
}

export function cloneSource({ name, path, recursive }: Source, result = name): Step[] {
  const names: (keyof typeof openTreeFlags)[] = ["OPEN_TREE_CLONE", "OPEN_TREE_CLOEXEC"];
  if (recursive) names.push("AT_RECURSIVE");
  return [
    {
      name: "open_tree",
      args: [atCwd, path, flags(openTreeFlags, ...names)],
      why:
        name === "root"
          ? "a bind mount of the root directory: pivot_root wants a mount point"
          : `a bind mount of ${path}${recursive ? " and what is mounted below it" : ""}`,
      result,
    },
  ];
}

/** Owners of the clone's files are translated by the maps of a user namespace (mount_setattr(2), ID-mapped mounts). */
function idmapSteps({ name, path, idmap }: Source): Step[] {
  if (!idmap) return [];
  const namespace = memory(attributesName(name, idmap.maps), mountAttributeFields.userNamespace);
  return [
    ...(idmap.maps ? makeUserNamespace(namespace, idmap.maps, undefined) : []),
    {
      name: "mount_setattr",
      args: [
        resultOf("clone"),
        "",
        idmap.recursive ? flags(atFlags, "AT_EMPTY_PATH", "AT_RECURSIVE") : flags(atFlags, "AT_EMPTY_PATH"),
        memory(attributesName(name, idmap.maps)),
        mountAttributeFields.size,
      ],
      why: `MOUNT_ATTR_IDMAP: files in ${path} belong to others here than there`,
    },
  ];
}

/** What the shim's steps need; a struct mount_attr for each id-mapped mount, in which its user namespace is stored. */
export function sourceMemory(input: CompileInput): Record<string, MemoryBlock> {
  const bytes = mountAttributeBytes(mountAttributes.MOUNT_ATTR_IDMAP, 0);
  const names = allSources(input).flatMap(({ name, idmap }) => (idmap ? [attributesName(name, idmap.maps)] : []));
  return {
    ...(names.length > 0 || makesUserNamespace(input.config) ? userNamespaceMemory : {}),
    ...Object.fromEntries(names.map((name) => [name, { bytes: Buffer.from(bytes) }])),
  };
}

/** One block for all mounts that take the maps of the container's own user namespace. */
const ownIdmap = "idmap.own";

function attributesName(source: string, maps: IdMaps | undefined): string {
  return maps ? `idmap.${source}` : ownIdmap;
}

/**
 * A clone made early or by the shim has the ties that its source has: cut, where nobody asked for them. `slave` keeps
 * one direction: what the host mounts in it is seen.
 */
export function cutTies(mount: string, kind: "MS_PRIVATE" | "MS_SLAVE" = "MS_PRIVATE"): Step[] {
  const bytes = mountAttributeBytes(0, 0, mountFlags[kind]);
  return [
    {
      name: "mount_setattr",
      args: [
        resultOf(mount),
        "",
        flags(atFlags, "AT_EMPTY_PATH", "AT_RECURSIVE"),
        struct(bytes, `{propagation: ${kind}}`),
        bytes.length,
      ],
      why:
        kind === "MS_SLAVE"
          ? "mounts of the host are seen in it, and none made in it by the host"
          : "mounts made in it are not seen by the host, nor the host's in it",
    },
  ];
}

import type { Architecture } from "@drydock/linux";
import {
  AT_FDCWD,
  atFlags,
  directoryFlags,
  fileType,
  flags,
  moveMountFlags,
  named,
  type Operand,
  octal,
  openFlags,
  openHowSize,
  resolveFlags,
  resultOf,
  type Step,
  struct,
} from "@drydock/linux";

/** Small sequences that several parts of a plan share. */

export const atCwd = named("AT_FDCWD", AT_FDCWD);
/** The report pipe: see spawnProcess of linux. Close-on-exec, so that its end tells the caller that execve succeeded. */
export const reportFd = named("report", 3);

/** Struct open_how for openat2(2). */
export function openHow(
  openNames: string,
  openValue: number,
  resolveNames: (keyof typeof resolveFlags)[],
  mode = 0,
): Operand {
  const bytes = Buffer.alloc(openHowSize);
  const resolve = flags(resolveFlags, ...resolveNames);
  bytes.writeBigUInt64LE(BigInt(openValue), 0);
  bytes.writeBigUInt64LE(BigInt(mode), 8);
  bytes.writeBigUInt64LE(BigInt(resolve.value), 16);
  return struct(bytes, `{${openNames}${mode ? `, 0${mode.toString(8)}` : ""}, ${resolve.text}}`);
}

/** Nothing leads out of the directory that a path begins in: not "..", no symlink, no link of /proc to an open file. */
export const inRoot: (keyof typeof resolveFlags)[] = ["RESOLVE_IN_ROOT", "RESOLVE_NO_MAGICLINKS"];

/** Opens a path inside the container's root without following anything out of it, magic links of /proc included. */
export function openInRoot(
  path: string,
  kind: "any" | "directory",
  arch: Architecture,
  result: string,
  why: string,
): Step {
  const { O_DIRECTORY } = directoryFlags(arch);
  const how =
    kind === "directory"
      ? openHow("O_PATH|O_DIRECTORY", openFlags.O_PATH | O_DIRECTORY | openFlags.O_CLOEXEC, inRoot)
      : openHow("O_PATH", openFlags.O_PATH | openFlags.O_CLOEXEC, inRoot);
  return {
    name: "openat2",
    args: [resultOf("root"), relative(path), how, openHowSize],
    why,
    result,
  };
}

/** mkdir -p inside the root: each level is made beside a descriptor of its parent, which was resolved inside the root. */
export class DirectoryMaker {
  readonly #arch: Architecture;
  readonly #made = new Set<string>();

  constructor(arch: Architecture) {
    this.#arch = arch;
  }

  make(path: string, why: string): Step[] {
    const parts = path.split("/").filter(Boolean);
    const steps: Step[] = [];
    for (const [index, name] of parts.entries()) {
      const whole = `/${parts.slice(0, index + 1).join("/")}`;
      if (this.#made.has(whole)) continue;
      this.#made.add(whole);
      let parent: Operand = resultOf("root");
      if (index > 0) {
        const above = `/${parts.slice(0, index).join("/")}`;
        steps.push(openInRoot(above, "directory", this.#arch, "parent", `${above}, to make ${name} in it`));
        parent = resultOf("parent");
      }
      steps.push({ name: "mkdirat", args: [parent, name, octal(0o755)], why, onError: { ignore: "EEXIST" } });
    }
    return steps;
  }

  /** Something was mounted on `path`: what was made below it is hidden now. */
  forget(path: string): void {
    for (const one of this.#made) {
      if (one.startsWith(`${path}/`)) this.#made.delete(one);
    }
  }
}

/** Puts the detached mount `mount` on the place `target`, both descriptors. */
export function attach(mount: string, target: string, why: string): Step {
  return {
    name: "move_mount",
    args: [
      resultOf(mount),
      "",
      resultOf(target),
      "",
      flags(moveMountFlags, "MOVE_MOUNT_F_EMPTY_PATH", "MOVE_MOUNT_T_EMPTY_PATH"),
    ],
    why,
  };
}

/** Writes a text into a file that was opened as `file`. */
export function writeText(file: Operand, content: string, why: string): Step {
  return { name: "write", args: [file, content, Buffer.byteLength(content)], why };
}

/** A path below the root descriptor; the root itself is ".". */
function relative(path: string): string {
  return path.replace(/^\/+/, "") || ".";
}

export const emptyPath = flags(atFlags, "AT_EMPTY_PATH");

/** Makes a FIFO in the container's directory (the result `directory`) and opens both of its ends as one descriptor. */
export function fifoSteps(name: string, result: string, why: string): Step[] {
  return [
    {
      name: "mknodat",
      args: [resultOf("directory"), name, named("S_IFIFO|0600", fileType.S_IFIFO | 0o600), 0],
      why: `the FIFO ${name} in the container's directory`,
    },
    {
      name: "openat",
      args: [resultOf("directory"), name, named("O_RDWR|O_CLOEXEC", openFlags.O_RDWR | openFlags.O_CLOEXEC)],
      why,
      result,
    },
  ];
}

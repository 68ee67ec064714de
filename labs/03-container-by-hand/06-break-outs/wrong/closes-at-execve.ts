// fails at cwd: the command read a file
/**
 * node runtime.ts run [--volume SOURCE:PLACE] [--mask PATH] [--cwd DIRECTORY] ROOTFS COMMAND ARG…
 * node runtime.ts exec PID COMMAND ARG…       in the container whose process PID is
 *
 * run ends with the command's exit code.
 */
import { openSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import {
  AT_FDCWD,
  cloneArgs,
  cloneFlags,
  decodeWaitStatus,
  directoryFlags,
  flags,
  inherited,
  MNT_DETACH,
  memory,
  mountFlags,
  moveMountFlags,
  named,
  openFlags,
  openHowSize,
  openTreeFlags,
  resolveFlags,
  resultOf,
  runProgram,
  SIGCHLD,
  type Step,
  type SyscallProgram,
  struct,
  texts,
} from "@drydock/linux";

interface Container {
  rootfs: string;
  volumes: { source: string; place: string }[];
  masks: string[];
  cwd: string;
  command: string[];
}

const environment = ["PATH=/bin", "HOME=/"];

/** The child of main, before it becomes the container's command. */
function inContainer({ rootfs, volumes, masks, cwd, command }: Container): Step[] {
  return [
    ...streams(),
    { name: "mount", args: [0, "/", 0, flags(mountFlags, "MS_REC", "MS_PRIVATE"), 0], why: "nothing is for the host" },
    bind(rootfs, rootfs, "pivot_root takes a mount"),
    {
      name: "openat",
      args: [cwdNow, rootfs, pathOnly],
      why: "the root: what is looked up from here does not leave it",
      result: "root",
    },
    ...volumes.flatMap(volumeSteps),
    {
      name: "mount",
      args: ["proc", join(rootfs, "proc"), "proc", flags(mountFlags, "MS_NOSUID", "MS_NODEV", "MS_NOEXEC"), 0],
      why: "its own processes",
    },
    // The host's: /dev/null of the image may be a link to anything.
    ...masks.map((path) => bind("/dev/null", join(rootfs, path), `${path} is not for the container`)),
    { name: "chdir", args: [rootfs], why: "pivot_root works on the current directory" },
    { name: "pivot_root", args: [".", "."], why: "the container's root" },
    { name: "umount2", args: [".", named("MNT_DETACH", MNT_DETACH)], why: "and no other" },
    { name: "close_range", args: [4, named("~0", 0xffffffff), named("CLOSE_RANGE_CLOEXEC", 4)], why: "at execve" },
    { name: "chdir", args: [cwd], why: "where the command begins" },
    { name: "execve", args: [command[0] ?? "", texts(command), texts(environment)], why: "the command" },
  ];
}

const cwdNow = named("AT_FDCWD", AT_FDCWD);
const { O_DIRECTORY } = directoryFlags(process.arch === "arm64" ? "arm64" : "x64");
const pathOnly = named("O_PATH|O_DIRECTORY|O_CLOEXEC", openFlags.O_PATH | O_DIRECTORY | openFlags.O_CLOEXEC);

/** openat2(2) below the root: every link and every ".." on the way means the container's own. */
function openInRoot(path: string, result: string): Step {
  const how = Buffer.alloc(openHowSize);
  const resolve = flags(resolveFlags, "RESOLVE_IN_ROOT", "RESOLVE_NO_MAGICLINKS");
  how.writeBigUInt64LE(BigInt(pathOnly.value), 0);
  how.writeBigUInt64LE(BigInt(resolve.value), 16);
  return {
    name: "openat2",
    args: [resultOf("root"), path || ".", struct(how, `{${pathOnly.text}, ${resolve.text}}`), openHowSize],
    why: `/${path}, inside the root`,
    result,
  };
}

/** Each level is made beside a descriptor of the one above, and the mount is moved onto a descriptor: no name is looked up twice. */
function volumeSteps({ source, place }: { source: string; place: string }): Step[] {
  const parts = place.split("/").filter(Boolean);
  const made = parts.flatMap((name, at): Step[] => [
    openInRoot(parts.slice(0, at).join("/"), "parent"),
    { name: "mkdirat", args: [resultOf("parent"), name, 0o755], why: "its place", onError: { ignore: "EEXIST" } },
  ]);
  return [
    ...made,
    openInRoot(parts.join("/"), "target"),
    {
      name: "open_tree",
      args: [cwdNow, source, flags(openTreeFlags, "OPEN_TREE_CLONE", "OPEN_TREE_CLOEXEC", "AT_RECURSIVE")],
      why: "a bind mount that is nowhere yet",
      result: "volume",
    },
    {
      name: "move_mount",
      args: [
        resultOf("volume"),
        "",
        resultOf("target"),
        "",
        flags(moveMountFlags, "MOVE_MOUNT_F_EMPTY_PATH", "MOVE_MOUNT_T_EMPTY_PATH"),
      ],
      why: `the volume ${place}`,
    },
  ];
}

function bind(source: string, place: string, why: string): Step {
  return { name: "mount", args: [source, place, 0, flags(mountFlags, "MS_BIND", "MS_REC"), 0], why };
}

async function run(container: Container): Promise<number> {
  const bundle = openSync(dirname(container.rootfs), "r");
  const unshared = flags(cloneFlags, "CLONE_NEWNS", "CLONE_NEWUTS", "CLONE_NEWIPC", "CLONE_NEWNET", "CLONE_NEWPID");
  const program = forking("container", inContainer(container), [
    { name: "flock", args: [inherited("bundle"), named("LOCK_SH", 1)], why: "nobody removes the bundle while it runs" },
    { name: "unshare", args: [unshared], why: "namespaces of its own" },
  ]);
  const { messages } = await runProgram(program, undefined, { inherit: { stdin: 0, stdout: 1, stderr: 2, bundle } });
  return decodeWaitStatus(messages[0] ?? 0).code;
}

async function exec(pid: string, command: string[]): Promise<number> {
  const kinds = ["mnt", "uts", "ipc", "net", "pid"];
  const open = kinds.map(
    (kind): Step => ({
      name: "openat",
      args: [cwdNow, `/proc/${pid}/ns/${kind}`, named("O_RDONLY|O_CLOEXEC", openFlags.O_CLOEXEC)],
      why: `its ${kind} namespace, while /proc is ours`,
      result: kind,
    }),
  );
  const enter = kinds
    .toReversed()
    .map((kind): Step => ({ name: "setns", args: [resultOf(kind), 0], why: `into its ${kind} namespace` }));
  // What runs inside before the command is a program in sealed memory: /proc/self/exe leads to no file of the host.
  const program = forking("entered", enteredSteps(command), [...open, ...enter]);
  const { messages } = await runProgram(program, undefined, { inherit: { stdin: 0, stdout: 1, stderr: 2 } });
  return decodeWaitStatus(messages[0] ?? 0).code;
}

function enteredSteps(command: string[]): Step[] {
  return [
    ...streams(),
    { name: "close_range", args: [4, named("~0", 0xffffffff), 0], why: "no descriptor of the host" },
    { name: "chdir", args: ["/"], why: "where the command begins" },
    { name: "execve", args: [command[0] ?? "", texts(command), texts(environment)], why: "the command" },
  ];
}

/** A program that makes `before`, forks `steps`, waits for that child, and says how it ended. */
function forking(name: string, steps: Step[], before: Step[]): SyscallProgram {
  const fork = Buffer.alloc(cloneArgs.size);
  fork.writeBigUInt64LE(BigInt(SIGCHLD), cloneArgs.exitSignal);
  return {
    name: "main",
    memory: { ended: { bytes: 16 } },
    steps: [
      ...before,
      {
        name: "clone3",
        args: [struct(fork, "{exit_signal: SIGCHLD}"), cloneArgs.size],
        why: name,
        child: { name, steps },
      },
      { name: "wait4", args: [-1, memory("ended", 8), 0, 0], why: "until it has ended" },
      { name: "write", args: [inherited("report"), memory("ended"), 16], why: "how" },
      { name: "exit_group", args: [0], why: "nothing more to do" },
    ],
  };
}

function streams(): Step[] {
  return [
    {
      name: "fcntl",
      args: [inherited("report"), named("F_SETFD", 2), named("FD_CLOEXEC", 1)],
      why: "execve closes the report pipe",
    },
    ...["stdin", "stdout", "stderr"].map(
      (name, fd): Step => ({ name: "dup3", args: [inherited(name), fd, 0], why: `${name} is ours` }),
    ),
  ];
}

const [verb, ...words] = process.argv.slice(2);
try {
  if (verb === "exec") {
    const [pid = "", ...command] = words;
    process.exitCode = await exec(pid, command);
  } else {
    const ends = words.findIndex((word, at) => !word.startsWith("--") && !words[at - 1]?.startsWith("--"));
    const { values } = parseArgs({
      args: words.slice(0, ends),
      options: {
        volume: { type: "string", multiple: true, default: [] },
        mask: { type: "string", multiple: true, default: [] },
        cwd: { type: "string", default: "/" },
      },
    });
    const [rootfs = "", ...command] = words.slice(ends);
    const volumes = values.volume.map((text) => {
      const [source = "", place = ""] = text.split(":");
      return { source, place };
    });
    process.exitCode = await run({ rootfs: resolve(rootfs), volumes, masks: values.mask, cwd: values.cwd, command });
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 125;
}

/**
 * node runtime.ts run [--volume SOURCE:PLACE] [--mask PATH] [--cwd DIRECTORY] ROOTFS COMMAND ARG…
 * node runtime.ts exec PID COMMAND ARG…       in the container whose process PID is
 *
 * A runtime that works, and from which one can break out in four ways. run ends with the command's exit code.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, openSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import {
  cloneArgs,
  cloneFlags,
  decodeWaitStatus,
  flags,
  inherited,
  MNT_DETACH,
  memory,
  mountFlags,
  named,
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
    ...volumes.map(({ source, place }) => bind(source, join(rootfs, place), `the volume ${place}`)),
    {
      name: "mount",
      args: ["proc", join(rootfs, "proc"), "proc", flags(mountFlags, "MS_NOSUID", "MS_NODEV", "MS_NOEXEC"), 0],
      why: "its own processes",
    },
    { name: "chdir", args: [rootfs], why: "pivot_root works on the current directory" },
    { name: "pivot_root", args: [".", "."], why: "the container's root" },
    { name: "umount2", args: [".", named("MNT_DETACH", MNT_DETACH)], why: "and no other" },
    ...masks.map((path) => bind("/dev/null", path, `${path} is not for the container`)),
    { name: "chdir", args: [cwd], why: "where the command begins" },
    { name: "execve", args: [command[0] ?? "", texts(command), texts(environment)], why: "the command" },
  ];
}

function bind(source: string, place: string, why: string): Step {
  return { name: "mount", args: [source, place, 0, flags(mountFlags, "MS_BIND", "MS_REC"), 0], why };
}

async function run(container: Container): Promise<number> {
  const { rootfs, volumes } = container;
  for (const { place } of volumes) mkdirSync(join(rootfs, place), { recursive: true });
  const bundle = openSync(dirname(rootfs), "r");
  const unshared = flags(cloneFlags, "CLONE_NEWNS", "CLONE_NEWUTS", "CLONE_NEWIPC", "CLONE_NEWNET", "CLONE_NEWPID");
  const program = forking("container", inContainer(container), [
    { name: "flock", args: [inherited("bundle"), named("LOCK_SH", 1)], why: "nobody removes the bundle while it runs" },
    { name: "unshare", args: [unshared], why: "namespaces of its own" },
  ]);
  const { messages } = await runProgram(program, undefined, { inherit: { stdin: 0, stdout: 1, stderr: 2, bundle } });
  return decodeWaitStatus(messages[0] ?? 0).code;
}

async function exec(pid: string, command: string[]): Promise<number> {
  return spawnSync("nsenter", ["-t", pid, "-m", "-u", "-i", "-n", "-p", ...command], { stdio: "inherit" }).status ?? 1;
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

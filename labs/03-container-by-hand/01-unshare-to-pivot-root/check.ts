import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import type { CheckTools, LabCheck } from "@drydock/labs";

/** One container that sleeps, for all steps but the last: a start takes a second. */
interface Container {
  /** Of the command, as this namespace counts. */
  pid: number;
  /** What is in /secret of its root file system. */
  secret: string;
  /** Source of a mount of the host. */
  outside: string;
  /** Mounts of this namespace before it was started. */
  before: readonly string[];
}

let started: Promise<Container> | undefined;

function container(t: CheckTools): Promise<Container> {
  started ??= launch(t);
  return started;
}

function mount(...args: string[]): void {
  execFileSync("mount", args);
}

/** A root file system on a shared mount of its own, with a secret of this run in it. */
function makeRootfs(t: CheckTools): { rootfs: string; secret: string } {
  const place = `${t.scratch}/${t.word()}`;
  mkdirSync(place);
  mount("-t", "tmpfs", "lab", place);
  mount("--make-shared", place);
  const rootfs = `${place}/rootfs`;
  for (const name of ["bin", "proc", "dev", "tmp"]) mkdirSync(`${rootfs}/${name}`, { recursive: true });
  execFileSync("sh", ["-c", 'cp "$(command -v busybox)" "$0"', `${rootfs}/bin/busybox`]);
  for (const name of ["sh", "cat", "sleep", "mount"]) execFileSync("ln", ["-s", "busybox", `${rootfs}/bin/${name}`]);
  const secret = t.word();
  writeFileSync(`${rootfs}/secret`, secret);
  return { rootfs, secret };
}

async function launch(t: CheckTools): Promise<Container> {
  const { rootfs, secret } = makeRootfs(t);
  const outside = t.word();
  mkdirSync(`${t.scratch}/${outside}`);
  mount("-t", "tmpfs", outside, `${t.scratch}/${outside}`);
  const before = ownMounts();
  const mark = String(t.number(100_000, 900_000));
  const running = await t.start("run.ts", [rootfs, "/bin/sleep", mark]);
  const found = await t.until(() => processOf(mark, running.pid) ?? (running.stderr ? -1 : undefined), 20_000);
  if (found === undefined || found < 0) {
    throw t.wrong(
      `run.ts ROOTFS /bin/sleep ${mark}: no such process was started, expected one: ${last(running.stderr)}`,
      "run.ts --step shows each step before it is made, and the message above the one that failed",
    );
  }
  return { pid: found, secret, outside, before };
}

function ownMounts(): string[] {
  return readFileSync("/proc/self/mounts", "utf8").split("\n");
}

function last(text: string): string {
  return text.trim().split("\n").at(-1)?.slice(0, 300) ?? "";
}

/** The process that sleeps for so long, and is not the one that was asked to start it. */
function processOf(mark: string, launcher: number): number | undefined {
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === launcher) continue;
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
      if (words[0] === "/bin/sleep" && words[1] === mark) return Number(name);
    } catch {
      // It has ended meanwhile.
    }
  }
  return undefined;
}

function namespace(pid: number | "self", kind: string): string {
  return readlinkSync(`/proc/${pid}/ns/${kind}`);
}

/** What a command prints that enters the container as `exec` does: by its namespaces, from outside. */
async function entered(t: CheckTools, pid: number, command: readonly string[]): Promise<string> {
  const { stdout, stderr } = await t.run("nsenter", ["--target", String(pid), "--mount", "--pid", "--", ...command]);
  return stdout.trim() || last(stderr);
}

export const steps: LabCheck = {
  async namespaces(t) {
    const { pid } = await container(t);
    for (const kind of ["mnt", "uts", "ipc", "net"]) {
      if (namespace(pid, kind) === namespace("self", kind))
        throw t.wrong(
          `${kind} of the command is ${namespace(pid, kind)}, that of whoever runs run.ts, expected one of its own`,
          "unshare(2) takes the flags CLONE_NEW…; cloneFlags has them",
        );
    }
  },

  async first(t) {
    const { pid } = await container(t);
    const numbers = /^NSpid:\s+(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]?.split(/\s+/) ?? [];
    if (namespace(pid, "pid") === namespace("self", "pid"))
      throw t.wrong(
        "the command is in the pid namespace of whoever runs run.ts, expected one of its own",
        "who unshares its pid namespace does not go there itself: its next child does",
      );
    if (numbers.at(-1) !== "1")
      throw t.wrong(
        `in its own pid namespace the command has the pid ${numbers.at(-1)}, expected 1`,
        "the first child after the unshare is 1: fork once",
      );
  },

  async quiet(t) {
    const { pid, before } = await container(t);
    await entered(t, pid, ["/bin/mount", "-t", "tmpfs", "lab", "/tmp"]);
    const added = ownMounts().filter((line) => !before.includes(line));
    if (added.length > 0)
      throw t.wrong(
        `a mount of the container is seen outside: ${added[0]}; expected none`,
        "a copy of a shared mount is in its peer group: change that before anything is mounted, for all mounts below / (MS_REC)",
      );
  },

  async root(t) {
    const { pid, secret, outside } = await container(t);
    const mounts = readFileSync(`/proc/${pid}/mountinfo`, "utf8").trim().split("\n");
    if (mounts.some((line) => line.includes(outside)))
      throw t.wrong(
        `the container still has ${mounts.length} mounts, among them those of the host, expected its own only`,
        "after pivot_root the old root lies somewhere in the new one: umount2 with MNT_DETACH",
      );
    const seen = await entered(t, pid, ["/bin/cat", "/secret"]);
    if (seen !== secret)
      throw t.wrong(
        `who enters the container's mount namespace gets "${seen.slice(0, 100)}" for /secret, expected "${secret}", which is in the root file system`,
        "chroot moves one process. pivot_root moves the root of the mount namespace, and takes a mount point for it: bind the directory onto itself first",
      );
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    if (cwd !== "/") throw t.wrong(`the command began in "${cwd}", expected "/"`, "chdir, after the old root has gone");
  },

  async proc(t) {
    const { pid } = await container(t);
    const mine = await entered(t, pid, ["/bin/sh", "-c", "echo /proc/[0-9]*"]);
    if (!mine.startsWith("/proc/1 "))
      throw t.wrong(
        `in the container /proc/[0-9]* is "${mine.slice(0, 100)}", expected its own processes from /proc/1 on`,
        "a new mount of type proc shows the pid namespace of who mounts it",
      );
    const line =
      readFileSync(`/proc/${pid}/mountinfo`, "utf8")
        .split("\n")
        .find((one) => / \/proc /.test(one)) ?? "";
    const options = line.split(" ")[5]?.split(",") ?? [];
    const missing = ["nosuid", "nodev", "noexec"].filter((name) => !options.includes(name));
    if (missing.length > 0)
      throw t.wrong(
        `/proc of the container is mounted without ${missing.join(", ")}: ${options.join(",")}, expected all three`,
        "mountFlags has MS_NOSUID, MS_NODEV and MS_NOEXEC",
      );
  },

  async ended(t) {
    const { rootfs } = makeRootfs(t);
    const [word, code] = [t.word(), t.number(3, 100)];
    const ended = await t.run("run.ts", [rootfs, "/bin/sh", "-c", `echo ${word}; exit ${code}`]);
    if (ended.stdout.trim() !== word || ended.code !== code)
      throw t.wrong(
        `a command that prints ${word} and ends with ${code}: printed "${ended.stdout.trim().slice(0, 60)}", exit code ${ended.code}, expected the same ${last(ended.stderr)}`,
        "main waits for its child and writes what wait4 says to the report pipe",
      );
    if (readFileSync("/proc/self/mounts", "utf8").includes(`${rootfs}`))
      throw t.wrong(
        `${rootfs} is still mounted, expected no mount to be left`,
        "whose mount namespace was it mounted in?",
      );
  },
};

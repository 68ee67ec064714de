import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import type { CheckTools, Ended, LabCheck } from "@drydock/labs";

/** For what takes a second on a machine that has nothing else to do. */
const PATIENCE_MS = 40_000;

/** A bundle: a directory of the host that holds the root file system, and beside it what a container must not see. */
interface Bundle {
  rootfs: string;
  secret: string;
}

function bundle(t: CheckTools): Bundle {
  const path = `${t.scratch}/${t.word()}`;
  const rootfs = `${path}/rootfs`;
  for (const name of ["bin", "proc", "dev"]) mkdirSync(`${rootfs}/${name}`, { recursive: true });
  copyFileSync(busybox(), `${rootfs}/bin/busybox`);
  for (const name of ["sh", "cat", "ls", "readlink", "sleep"]) symlinkSync("busybox", `${rootfs}/bin/${name}`);
  execFileSync("mknod", ["-m", "666", `${rootfs}/dev/null`, "c", "1", "3"]);
  const secret = t.word();
  writeFileSync(`${path}/secret`, secret);
  return { rootfs, secret };
}

function busybox(): string {
  return execFileSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).trim();
}

function run(t: CheckTools, options: readonly string[], rootfs: string, script: string): Promise<Ended> {
  return t.run("runtime.ts", ["run", ...options, rootfs, "/bin/sh", "-c", script], { timeoutMs: PATIENCE_MS });
}

/** What the runtime is for has to go on working: who refuses everything is safe and useless. */
async function works(
  t: CheckTools,
  options: readonly string[],
  rootfs: string,
  script: string,
  expected: string,
): Promise<void> {
  const { stdout, stderr } = await run(t, options, rootfs, script);
  if (stdout.trim() !== expected)
    throw t.wrong(
      `with an honest image, run ${options.join(" ")} printed "${(stdout.trim() || stderr.trim()).slice(0, 200)}", expected "${expected}"`,
      "close the hole, not the door",
    );
}

/** The process with these words, as this namespace counts. */
function processOf(words: readonly string[]): number | undefined {
  const wanted = `${words.join("\0")}\0`;
  const found = readdirSync("/proc").find((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8") === wanted;
    } catch {
      // It has ended meanwhile.
      return false;
    }
  });
  return found === undefined ? undefined : Number(found);
}

/** A container that stays; gives the pid of its command. */
async function staying(
  t: CheckTools,
  options: readonly string[],
  rootfs: string,
  words: readonly string[],
): Promise<number> {
  const running = await t.start("runtime.ts", ["run", ...options, rootfs, ...words]);
  const pid = await t.until(() => processOf(words) ?? (running.stderr ? -1 : undefined), PATIENCE_MS);
  if (pid !== undefined && pid > 0) return pid;
  throw t.wrong(
    `run ${options.join(" ")} did not start ${words.join(" ")}, expected it to: ${running.stderr.trim().slice(0, 200)}`,
  );
}

const NULL_DEVICE = (1 << 8) | 3;

export const steps: LabCheck = {
  async volume(t) {
    const [honest, evil] = [bundle(t), bundle(t)];
    const source = `${t.scratch}/${t.word()}`;
    const word = t.word();
    mkdirSync(source);
    writeFileSync(`${source}/word`, word);
    await works(t, ["--volume", `${source}:/data/deep`], honest.rootfs, "cat /data/deep/word", word);

    const victim = `${t.scratch}/${t.word()}`;
    mkdirSync(victim);
    symlinkSync(victim, `${evil.rootfs}/data`);
    await run(t, ["--volume", `${source}:/data/deep`], evil.rootfs, "true");
    const made = readdirSync(victim);
    if (made.length > 0)
      throw t.wrong(
        `the image has /data as a link to a directory of the host, and with a volume for /data/deep there is a "${made[0]}" in that directory now, expected nothing to be made there (CVE-2024-45310)`,
        "make and mount beside a descriptor that was looked up inside the root: openat2 with RESOLVE_IN_ROOT",
      );
  },

  async cwd(t) {
    const { rootfs, secret } = bundle(t);
    mkdirSync(`${rootfs}/home`);
    await works(t, ["--cwd", "/home"], rootfs, "pwd", "/home");
    const look =
      "cat secret ../secret 2>/dev/null; for fd in /proc/self/fd/*; do cat $fd/secret 2>/dev/null; done; true";
    const descriptors = [3, 4, 5, 6, 7, 8, 9];
    const seen = await Promise.all(
      ["/", ...descriptors.map((fd) => `/proc/self/fd/${fd}`)].map(async (cwd) => {
        const { stdout } = await run(t, ["--cwd", cwd], rootfs, look);
        return stdout.includes(secret) ? cwd : undefined;
      }),
    );
    const through = seen.find(Boolean);
    if (through)
      throw t.wrong(
        `with --cwd ${through} the command read a file that lies beside its root on the host, expected no way there (CVE-2024-21626)`,
        "which descriptors are still open when chdir looks up a path in /proc? Close-on-exec is later",
      );
  },

  async mask(t) {
    const path = ["/proc/meminfo", "/proc/uptime", "/proc/version"][t.number(0, 3)] ?? "";
    for (const image of ["an honest image", "an image with /dev/null as a link to /proc/cpuinfo"]) {
      const { rootfs } = bundle(t);
      if (image.includes("link")) {
        execFileSync("rm", [`${rootfs}/dev/null`]);
        symlinkSync("/proc/cpuinfo", `${rootfs}/dev/null`);
      }
      const words = ["/bin/sleep", String(t.number(100_000, 900_000))];
      const running = await t.start("runtime.ts", ["run", "--mask", path, rootfs, ...words]);
      const pid = await t.until(() => processOf(words) ?? (running.stderr ? -1 : undefined), PATIENCE_MS);
      // Refused: also well, but not with an honest image.
      if ((pid ?? -1) < 0 && image.includes("link")) return;
      if ((pid ?? -1) < 0)
        throw t.wrong(`--mask ${path} with ${image} did not start: ${running.stderr.slice(0, 200)}, expected it to`);
      const masked = statSync(`/proc/${pid}/root${path}`);
      if (!masked.isCharacterDevice() || masked.rdev !== NULL_DEVICE)
        throw t.wrong(
          `${path} of a container from ${image} is ${masked.isCharacterDevice() ? "another device" : "a file with content"}, expected the null device (CVE-2025-31133)`,
          "whose /dev/null is it, at this place of the program?",
        );
    }
  },

  async exec(t) {
    const { rootfs } = bundle(t);
    const word = t.word();
    writeFileSync(`${rootfs}/word`, word);
    // On the host: a tool that is one file, as many are.
    const tools = `${t.scratch}/${t.word()}`;
    mkdirSync(tools);
    copyFileSync(busybox(), `${tools}/nsenter`);
    const digest = (): string =>
      createHash("sha256")
        .update(readFileSync(`${tools}/nsenter`))
        .digest("hex");
    const before = digest();
    const env = { PATH: `${tools}:${process.env.PATH}` };

    // In the image: a program that is a link to whoever starts it, and a command that waits for that to happen. As long as anybody else runs that
    // program it cannot be written to ("Text file busy"), so it is tried for a second.
    execFileSync("ln", ["-sf", "/proc/self/exe", `${rootfs}/bin/sleep`]);
    const script = `echo up >/up
      while :; do for p in /proc/[0-9]*; do
        exe=$(readlink $p/exe) || continue
        case $exe in /bin/busybox) continue;; esac
        command exec 7<$p/exe 2>/dev/null || continue
        who=$(cat $p/cmdline); echo "$who" >>/seen
        while [ -e $p ]; do :; done
        for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
          { echo evil >/proc/self/fd/7; } 2>/dev/null && break
          /bin/busybox sleep 0.05
        done
        exec 7<&-
        echo "$who" >>/tried
      done; done # ${word}`;
    const pid = await staying(t, [], rootfs, ["/bin/sh", "-c", script]);
    await t.until(() => existsSync(`${rootfs}/up`), 10_000);
    const { stdout, stderr } = await t.run("runtime.ts", ["exec", String(pid), "/bin/cat", "/word"], {
      env,
      timeoutMs: PATIENCE_MS,
    });
    if (stdout.trim() !== word)
      throw t.wrong(
        `exec PID /bin/cat /word printed "${(stdout.trim() || stderr.trim()).slice(0, 200)}", expected "${word}"`,
        "exec enters the container's namespaces and runs the command there",
      );
    const mark = String(t.number(100_000, 900_000));
    const noted = (file: string): boolean => existsSync(file) && readFileSync(file, "utf8").includes(mark);
    const entered = await t.start("runtime.ts", ["exec", String(pid), "/bin/sleep", mark], { env });
    // Either it is refused, or the attacker has got hold of it: then it ends, and can be written to.
    await Promise.race([entered.ended, t.until(() => noted(`${rootfs}/seen`), PATIENCE_MS)]);
    const victim = processOf(["/bin/sleep", mark]);
    if (victim !== undefined) process.kill(victim, "SIGKILL");
    if (noted(`${rootfs}/seen`)) await t.until(() => noted(`${rootfs}/tried`), PATIENCE_MS);
    if (digest() !== before)
      throw t.wrong(
        `after exec of a program that is a link to /proc/self/exe, a program of the host was overwritten from inside, expected it to stay as it was (CVE-2019-5736)`,
        "a process that is inside and still runs a program of the host can be opened by its neighbours: /proc/PID/exe",
      );
  },
};

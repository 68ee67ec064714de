import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname } from "node:path";
import type { CheckTools, LabCheck, Running } from "@drydock/labs";

/** Who runs the learner's program, and how. */
interface Person {
  uid: number;
  gid: number;
  command(args: readonly string[]): [file: string, args: string[]];
}

let known: Person | undefined;

/**
 * Somebody without any right, where this check is root. Such a person reads neither the learner's home nor perhaps the installation of Node: both are
 * shown in places where everybody may look. An ordinary learner is root of the sandbox alone, and has no other id to become.
 */
function person(t: CheckTools): Person {
  if (known) return known;
  if (!/^\s*0\s+0\s+4294967295$/m.test(readFileSync("/proc/self/uid_map", "utf8"))) {
    known = { uid: 0, gid: 0, command: (args) => ["rootless.ts", [...args]] };
    return known;
  }
  const [uid, gid] = [t.number(20_000, 30_000), t.number(30_000, 40_000)];
  const [folder, node] = [`${t.scratch}/${t.word()}`, `${t.scratch}/${t.word()}`];
  mkdirSync(node);
  execFileSync("mount", ["--bind", dirname(process.execPath), node]);
  cpSync(t.folder, folder, { recursive: true, filter: (path) => basename(path) !== "node_modules" });
  execFileSync("chmod", ["-R", "a+rX", folder]);
  const become = ["--reuid", String(uid), "--regid", String(gid), "--clear-groups", "--"];
  known = {
    uid,
    gid,
    command: (args) => [
      "setpriv",
      [...become, `${node}/${basename(process.execPath)}`, `${folder}/rootless.ts`, ...args],
    ],
  };
  return known;
}

let started: Promise<{ running: Running; pid: number }> | undefined;

/** A command that stays, for the first steps. */
function inside(t: CheckTools): Promise<{ running: Running; pid: number }> {
  started ??= launch(t);
  return started;
}

async function launch(t: CheckTools): Promise<{ running: Running; pid: number }> {
  const [file, args] = person(t).command([
    "run",
    "sh",
    "-c",
    'echo "up $$"; echo "uid $(id -u)"; echo "gid $(id -g)"; exec sleep 600',
  ]);
  const running = await t.start(file, args, { cwd: t.scratch });
  await t.until(() => /^gid /m.test(running.stdout) || running.stderr, 20_000);
  const [, pid] = /^up (\d+)/m.exec(running.stdout) ?? [];
  if (!pid)
    throw t.wrong(
      `run COMMAND as the user ${person(t).uid} did not run it, expected it to: ${said(running.stderr)}`,
      "who is not root may map one id, the own one",
    );
  return { running, pid: Number(pid) };
}

function said(text: string): string {
  return (/^\w*Error.*$/m.exec(text)?.[0] ?? text.trim().split("\n")[0] ?? "").slice(0, 250);
}

function map(pid: number, name: string): string {
  return readFileSync(`/proc/${pid}/${name}`, "utf8").trim().replace(/\s+/g, " ");
}

async function answer(t: CheckTools, ...args: string[]): Promise<string> {
  const { stdout, stderr, code } = await t.run("rootless.ts", args);
  if (code !== 0) throw t.wrong(`rootless.ts ${args[0]} ended with ${code}, expected 0: ${said(stderr)}`);
  return stdout.trim();
}

export const steps: LabCheck = {
  async inside(t) {
    const { running, pid } = await inside(t);
    const uid = /^uid (\d+)/m.exec(running.stdout)?.[1];
    if (uid !== "0")
      throw t.wrong(
        `id -u, as the command, printed ${uid}, expected 0`,
        "who is in a user namespace without a map is nobody (65534) there: /proc/PID/uid_map",
      );
    const expected = `0 ${person(t).uid} 1`;
    if (map(pid, "uid_map") !== expected)
      throw t.wrong(
        `uid_map of the command is "${map(pid, "uid_map")}", expected "${expected}"`,
        "inside, outside, how many",
      );
  },

  async groups(t) {
    const { running, pid } = await inside(t);
    const gid = /^gid (\d+)/m.exec(running.stdout)?.[1];
    const expected = `0 ${person(t).gid} 1`;
    if (gid !== "0" || map(pid, "gid_map") !== expected)
      throw t.wrong(
        `id -g, as the command, printed ${gid}, and gid_map is "${map(pid, "gid_map")}", expected 0 and "${expected}"`,
        "man 7 user_namespaces says what has to be written before gid_map",
      );
    const groups = map(pid, "setgroups");
    if (groups !== "deny")
      throw t.wrong(
        `/proc/PID/setgroups of the command is "${groups}", expected "deny"`,
        "it can be written only before gid_map",
      );
  },

  async rights(t) {
    const name = t.word();
    const before = hostname();
    const script = `mount -t tmpfs ${name} /mnt && grep -c ' /mnt ' /proc/self/mounts && hostname ${name} && hostname && ip link set lo up && echo done; exit 7`;
    const [file, args] = person(t).command(["run", "sh", "-c", script]);
    const { stdout, stderr, code } = await t.run(file, args, { cwd: t.scratch });
    if (stdout.trim().replaceAll("\n", " ") !== `1 ${name} done`)
      throw t.wrong(
        `mount, hostname and ip link of the command printed "${stdout.trim().replaceAll("\n", " ")}", expected "1 ${name} done": ${said(stderr)}`,
        "root of a user namespace has rights over namespaces that belong to it: those that were made in it or together with it",
      );
    if (hostname() !== before)
      throw t.wrong(`the command changed the host's name to ${hostname()}, expected it to change its own`);
    if (code !== 7) throw t.wrong(`the command ended with 7, run with ${code}, expected the same`);
  },

  async outside(t) {
    const [first, size] = [t.number(100_000, 200_000), t.number(100, 60_000)];
    const other = t.number(300_000, 400_000);
    const file = `${t.scratch}/${t.word()}`;
    const column = (value: number): string => String(value).padStart(10);
    const lines = [
      [0, 1000, 1],
      [1, first, size],
      [size + 50, other, 10],
    ];
    writeFileSync(file, lines.map((line) => `${line.map(column).join(" ")}\n`).join(""));
    const cases: [number, string][] = [
      [0, "1000"],
      [1, String(first)],
      [size, String(first + size - 1)],
      [size + 1, "unmapped"],
      [size + 55, String(other + 5)],
      [size + 60, "unmapped"],
    ];
    for (const [id, expected] of cases) {
      const seen = await answer(t, "outside", file, String(id));
      if (seen !== expected)
        throw t.wrong(
          `outside of ${id} by the map ${lines.map((line) => line.join(" ")).join(", ")} is "${seen}", expected "${expected}"`,
          "three numbers a line: the first inside, the first outside, how many",
        );
    }
  },

  async ranges(t) {
    const [user, uid] = [t.word(), t.number(1000, 9000)];
    const numbers = (): [number, number] => [t.number(1, 900) * 100_000, t.number(10, 65_537)];
    const [a, b, c] = [numbers(), numbers(), numbers()];
    const file = `${t.scratch}/${t.word()}`;
    writeFileSync(file, `${user}x:${c.join(":")}\n${user}:${a.join(":")}\n${c.join(":")}:1\n${uid}:${b.join(":")}\n`);
    const expected = `0 ${uid} 1, 1 ${a.join(" ")}, ${1 + a[1]} ${b.join(" ")}`;
    const seen = (await answer(t, "ranges", user, String(uid), file)).replaceAll("\n", ", ");
    if (seen !== expected)
      throw t.wrong(
        `ranges ${user} ${uid} of ${JSON.stringify(readFileSync(file, "utf8"))} is "${seen}", expected "${expected}"`,
        "man 5 subuid: by name or by number, more than one line may be for the same user; inside they follow each other",
      );
  },
};

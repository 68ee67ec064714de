import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { CheckTools, LabCheck, Running } from "@drydock/labs";

const flags: Record<string, string> = { net: "--net", uts: "--uts", ipc: "--ipc", mnt: "--mount", cgroup: "--cgroup" };

function inode(pid: number, kind: string): number {
  return Number(/\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/ns/${kind}`))?.[1]);
}

/** A process in new namespaces of these kinds; it runs `script`, says "up" and sleeps. */
async function inNew(t: CheckTools, kinds: readonly string[], script = ""): Promise<Running> {
  const child = await t.start("unshare", [
    ...kinds.map((kind) => flags[kind] ?? ""),
    "sh",
    "-c",
    `${script} echo up; exec sleep 600`,
  ]);
  await t.until(() => child.stdout.includes("up"));
  return child;
}

async function ask(t: CheckTools, ...args: (string | number)[]): Promise<unknown> {
  const { code, stdout, stderr } = await t.run("nsdiff.ts", args.map(String));
  const line = `nsdiff.ts ${args.join(" ")}`;
  if (code !== 0)
    throw t.wrong(
      `${line} ended with ${code}: ${stderr.trim().split("\n").at(-1)}`,
      "run it by hand with your shell: node nsdiff.ts $$",
    );
  try {
    return JSON.parse(stdout);
  } catch {
    throw t.wrong(`${line} printed no JSON but: ${stdout.slice(0, 100)}`);
  }
}

function expectEqual(t: CheckTools, what: string, seen: unknown, expected: unknown, hint: string): void {
  const [a, b] = [JSON.stringify(seen), JSON.stringify(expected)];
  if (a !== b) throw t.wrong(`${what} is ${a}, expected ${b}`, hint);
}

export const steps: LabCheck = {
  async view(t) {
    const child = await inNew(t, ["net", "uts"]);
    const seen = (await ask(t, child.pid)) as Record<string, unknown>;
    const hint = "readlink /proc/PID/ns/net: what of it is the number?";
    for (const kind of ["net", "uts", "pid", "mnt", "ipc", "user", "cgroup"])
      expectEqual(t, kind, seen[kind], inode(child.pid, kind), hint);
    const extra = Object.keys(seen).filter((kind) => kind.endsWith("_for_children"));
    if (extra.length > 0)
      throw t.wrong(
        `${extra.join(" and ")} is in the list, expected only namespaces that the process is in itself`,
        "start a process by `unshare --pid sh` and look at both entries: man 7 pid_namespaces",
      );
  },

  async diff(t) {
    for (const kinds of [
      ["uts"],
      Object.keys(flags)
        .filter(() => t.number(0, 2) === 1)
        .sort(),
      [],
    ]) {
      const [a, b] = [await inNew(t, []), await inNew(t, kinds)];
      expectEqual(
        t,
        `the difference of two processes, one by unshare ${kinds.join(" ") || "(nothing)"},`,
        await ask(t, a.pid, b.pid),
        [...kinds].sort(),
        "kinds in alphabetical order, those that are equal left out",
      );
    }
  },

  async who(t) {
    const count = t.number(2, 5);
    const first = await inNew(t, ["uts", "net"], Array.from({ length: count }, () => "sleep 600 &").join(" "));
    const other = await inNew(t, []);
    const everybody = readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
    const expected = everybody.filter((pid) => {
      try {
        return inode(pid, "uts") === inode(first.pid, "uts");
      } catch {
        return false;
      }
    });
    const hint = "every directory of /proc that is a number is a process; compare the links";
    expectEqual(t, "--who uts", sorted(await ask(t, "--who", "uts", first.pid)), sorted(expected), hint);
    const list = sorted(await ask(t, "--who", "uts", other.pid));
    if (!list.includes(other.pid) || list.includes(first.pid))
      throw t.wrong(
        `--who uts of a process in another namespace is ${JSON.stringify(list)}, expected ${other.pid} in it and ${first.pid} not`,
        hint,
      );
  },

  async inside(t) {
    const child = await t.start("unshare", [
      "--pid",
      "--fork",
      "--mount-proc",
      "sh",
      "-c",
      "sleep 600 & unshare --pid --fork sleep 600",
    ]);
    const deepest = await t.until(() =>
      readdirSync("/proc").find((pid) => {
        try {
          return (
            /^\d+$/.test(pid) &&
            /^NSpid:.*\t\d+\t\d+$/m.test(readFileSync(`/proc/${pid}/status`, "utf8")) &&
            readFileSync(`/proc/${pid}/comm`, "utf8") === "sleep\n"
          );
        } catch {
          return false;
        }
      }),
    );
    const line = /^NSpid:\s+(.*)$/m.exec(readFileSync(`/proc/${deepest}/status`, "utf8"))?.[1] ?? "";
    const expected = line.split(/\s+/).map(Number);
    expectEqual(
      t,
      `--pids of a process ${expected.length - 1} namespaces down`,
      await ask(t, "--pids", deepest ?? 0),
      expected,
      "NSpid in /proc/PID/status",
    );
    expectEqual(
      t,
      "--pids of a process here",
      await ask(t, "--pids", child.pid),
      [child.pid],
      "NSpid in /proc/PID/status",
    );
  },

  async gone(t) {
    const child = await t.start("true");
    await child.ended;
    const { code, stderr, stdout } = await t.run("nsdiff.ts", [String(child.pid)]);
    if (code !== 3)
      throw t.wrong(
        `a pid that is gone: exit code ${code}, expected 3`,
        "ENOENT, and nothing else, means that it is gone",
      );
    if (stdout !== "" || !stderr.includes(String(child.pid)) || stderr.trim().includes("\n")) {
      throw t.wrong(
        `a pid that is gone: standard error is ${JSON.stringify(stderr.slice(0, 120))}, expected one line that names the pid`,
      );
    }
  },
};

function sorted(list: unknown): number[] {
  return Array.isArray(list) ? list.map(Number).sort((a, b) => a - b) : [];
}

import { existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import type { CheckTools, Ended, LabCheck, Running } from "@drydock/labs";

const ROOT = "/sys/fs/cgroup/labs";
const MIB = 1 << 20;

/** One container for all steps. */
interface Container {
  id: string;
  running: Running;
  /** A number that its two processes sleep for. */
  mark: string;
  limits: { memory: number; reservation: number; swap: number; pids: number; quota: number; period: number };
}

let started: Promise<Container> | undefined;

function container(t: CheckTools): Promise<Container> {
  started ??= launch(t);
  return started;
}

async function launch(t: CheckTools): Promise<Container> {
  t.defer(sweep);
  const id = t.word();
  const mark = String(t.number(100_000, 900_000));
  const memory = t.number(40, 90) * MIB;
  const limits = {
    memory,
    reservation: t.number(8, 20) * MIB,
    swap: memory + t.number(1, 9) * MIB,
    pids: t.number(20, 60),
    quota: t.number(20, 90) * 1000,
    period: t.number(50, 100) * 1000,
  };
  const file = write(t, {
    memory: { limit: limits.memory, reservation: limits.reservation, swap: limits.swap },
    pids: { limit: limits.pids },
    cpu: { quota: limits.quota, period: limits.period },
  });
  const script = `cat /proc/self/cgroup; (sleep ${mark} &); echo up; exec sleep ${mark}`;
  const running = await t.start("limits.ts", ["run", id, file, "--", "sh", "-c", script]);
  await t.until(() => running.stdout.includes("up\n") || running.stderr !== "", 30_000);
  if (!running.stdout.includes("up\n"))
    throw t.wrong(
      `run did not start the command, expected it to: ${last(running.stderr)}`,
      "the error says which file",
    );
  return { id, running, mark, limits };
}

function write(t: CheckTools, resources: object): string {
  const file = `${t.scratch}/${t.word()}.json`;
  writeFileSync(file, JSON.stringify(resources));
  return file;
}

function last(text: string): string {
  return (/^\w*Error.*$/m.exec(text)?.[0] ?? text.trim().split("\n").at(-1) ?? "").slice(0, 200);
}

function fileOf(id: string, name: string): string | undefined {
  const path = `${ROOT}/${id}/${name}`;
  return existsSync(path) ? readFileSync(path, "utf8").trim() : undefined;
}

/** Throws for the first file that has not the value. Where the kernel has no such file, nothing is expected. */
function expectFiles(
  t: CheckTools,
  id: string,
  what: string,
  files: Record<string, [value: string, hint: string]>,
): void {
  for (const [name, [value, hint]] of Object.entries(files)) {
    const seen = fileOf(id, name);
    if (seen === undefined && name === "memory.swap.max") continue;
    if (seen !== value)
      throw t.wrong(
        seen === undefined
          ? `labs/${id} has no file ${name}, expected one`
          : `${name} is "${seen}" ${what}, expected "${value}"`,
        hint,
      );
  }
}

async function call(t: CheckTools, ...args: string[]): Promise<Ended> {
  const ended = await t.run("limits.ts", args, { timeoutMs: 30_000 });
  if (ended.code !== 0)
    throw t.wrong(
      `limits.ts ${args.slice(0, 2).join(" ")} ${ended.timedOut ? "did not end" : `ended with ${ended.code}`}, expected 0: ${last(ended.stderr)}`,
    );
  return ended;
}

function alive(mark: string): number {
  return readdirSync("/proc").filter((pid) => {
    try {
      return (
        /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ") === `sleep ${mark} `
      );
    } catch {
      // It has ended meanwhile.
      return false;
    }
  }).length;
}

/** What a wrong solution has left. */
async function sweep(): Promise<void> {
  if (!existsSync(ROOT)) return;
  for (const id of readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    writeFileSync(`${ROOT}/${id.name}/cgroup.kill`, "1");
    await removeWhenEmpty(`${ROOT}/${id.name}`);
  }
  await removeWhenEmpty(ROOT);
}

async function removeWhenEmpty(path: string): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    try {
      return rmdirSync(path);
    } catch {
      // Its processes are still on their way out.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

export const steps: LabCheck = {
  async born(t) {
    const { id, running } = await container(t);
    const seen = /^0::(.*)$/m.exec(running.stdout)?.[1];
    const members = fileOf(id, "cgroup.procs");
    if (!members)
      throw t.wrong(
        `labs/${id} has ${members === undefined ? "not been made" : "no process in it"} while the command runs, expected the command`,
        "cgroup.procs takes a pid",
      );
    if (seen !== "/")
      throw t.wrong(
        `the first thing that the command saw of its cgroup was "${seen}", expected "/"`,
        "move first, execute then; and a cgroup namespace (unshare --cgroup) begins where the process is when it is made",
      );
  },

  async resources(t) {
    const { id, limits } = await container(t);
    const has = "controllers are handed on by the directory above: its cgroup.subtree_control";
    expectFiles(t, id, "with the limits of FILE", {
      "memory.max": [String(limits.memory), has],
      "memory.low": [String(limits.reservation), "what the kernel takes from others first: memory.low"],
      "memory.swap.max": [
        String(limits.swap - limits.memory),
        "config.json counts memory and swap together, as cgroup v1 did; memory.swap.max is swap alone",
      ],
      "pids.max": [String(limits.pids), "pids.limit"],
      "cpu.max": [`${limits.quota} ${limits.period}`, "quota and period in one file"],
    });
  },

  async update(t) {
    const { id, limits } = await container(t);
    const memory = t.number(100, 150) * MIB;
    const quota = t.number(100, 150) * 1000;
    await call(t, "update", id, write(t, { memory: { limit: memory }, pids: { limit: -1 }, cpu: { quota } }));
    expectFiles(t, id, "after an update of memory.limit, pids.limit and cpu.quota", {
      "memory.max": [String(memory), "write what is given"],
      "pids.max": ["max", "-1 is no limit"],
      "cpu.max": [`${quota} ${limits.period}`, "the period was not given: it stays as it is"],
      "memory.low": [String(limits.reservation), "what is not given is not changed"],
    });
  },

  async pause(t) {
    const { id } = await container(t);
    await call(t, "pause", id);
    const frozen = fileOf(id, "cgroup.events") ?? "";
    if (!/^frozen 1$/m.test(frozen))
      throw t.wrong(
        `after pause cgroup.events says "${frozen.replaceAll("\n", ", ")}", expected "frozen 1"`,
        "cgroup.freeze is for all processes in it; and it takes a moment: who says when?",
      );
    await call(t, "resume", id);
    const thawed = fileOf(id, "cgroup.events") ?? "";
    if (!/^frozen 0$/m.test(thawed))
      throw t.wrong(
        `after resume cgroup.events says "${thawed.replaceAll("\n", ", ")}", expected "frozen 0"`,
        "the same file",
      );
  },

  async kill(t) {
    const { id, running, mark } = await container(t);
    await call(t, "pause", id);
    await call(t, "kill", id);
    const ended = await Promise.race([running.ended, t.until(() => undefined, 20_000)]);
    if (ended?.code !== 137)
      throw t.wrong(
        ended ? `run ended with ${ended.code} after kill, expected 137` : "run did not end after kill, expected it to",
        "128 + SIGKILL; a paused process dies, too, when it is the cgroup that is killed",
      );
    const left = alive(mark);
    if (left > 0)
      throw t.wrong(`${left} processes of the container are still there after kill, expected none`, "cgroup.kill");
    if (existsSync(`${ROOT}/${id}`))
      throw t.wrong(
        `the cgroup labs/${id} is still there, expected none`,
        "rmdir, when cgroup.events says populated 0",
      );
  },
};

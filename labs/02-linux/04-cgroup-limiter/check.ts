import { readdirSync, readFileSync } from "node:fs";
import type { CheckTools, Ended, LabCheck } from "@drydock/labs";

const OWN = "cd /sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup | tail -1)";

async function limited(t: CheckTools, flags: readonly string[], script: string): Promise<Ended> {
  t.defer(sweep);
  const ended = await t.run("limit.ts", [...flags, "--", "sh", "-c", script], { timeoutMs: 30_000 });
  if (ended.timedOut)
    throw t.wrong(`limit.ts ${flags.join(" ")} did not end within 30 s`, "wait for the command, then clean up");
  return ended;
}

function labCgroups(): string[] {
  return readdirSync("/sys/fs/cgroup").filter((name) => name.startsWith("lab-"));
}

/** What a wrong solution has left. */
async function sweep(): Promise<void> {
  const { rmdirSync, writeFileSync } = await import("node:fs");
  for (const name of labCgroups()) {
    writeFileSync(`/sys/fs/cgroup/${name}/cgroup.kill`, "1");
    for (let attempt = 0; attempt < 200; attempt++) {
      try {
        rmdirSync(`/sys/fs/cgroup/${name}`);
        break;
      } catch {
        // Its processes are still on their way out.
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }
}

export const steps: LabCheck = {
  async inside(t) {
    const outside = /^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1];
    // A process that is moved after its start has perhaps already started others, which stay behind.
    const script =
      "sleep 0.3 & cut -d: -f3 /proc/$!/cgroup | tail -1; sleep 0.3; cut -d: -f3 /proc/$$/cgroup | tail -1";
    const { stdout, stderr } = await limited(t, [], script);
    const [child, path] = stdout.trim().split("\n");
    if (!path || path === outside || path === "/") {
      throw t.wrong(
        `the command ran in the cgroup "${path ?? stderr.trim().slice(-150)}", expected one of its own`,
        "cat /proc/self/cgroup as the command; cgroup.procs moves a process",
      );
    }
    if (child !== path) {
      throw t.wrong(
        `a child that the command started at once is in "${child}", the command in "${path}", expected the same`,
        "move first, execute then",
      );
    }
  },

  async memory(t) {
    const bytes = t.number(40, 60) * 4096 * 256;
    const script = `${OWN}; cat memory.max; head -c 300m /dev/zero | tail -c 300m >/dev/null; sleep 0.1`;
    const { code, stdout, stderr } = await limited(t, ["--memory", String(bytes)], script);
    if (stdout.trim() !== String(bytes)) {
      throw t.wrong(
        `memory.max is "${stdout.trim()}", expected ${bytes}: the limit was never written, or to another cgroup`,
        "the file memory.max of the cgroup that the command is in",
      );
    }
    if (code !== 137) {
      throw t.wrong(
        `a command that takes 300 MiB of ${bytes >> 20}: exit code ${code}, expected 137`,
        "memory.events counts what the kernel has killed",
      );
    }
    if (!/^oom-killed: [1-9]/m.test(stderr)) {
      throw t.wrong(
        `a command that takes too much: standard error is ${JSON.stringify(stderr.slice(0, 120))}, expected "oom-killed: N"`,
        "the line oom_kill of memory.events, before the cgroup is removed",
      );
    }
    const fine = await limited(t, ["--memory", String(bytes)], "exit 137");
    if (/oom-killed/.test(fine.stderr)) {
      throw t.wrong(
        "a command that ended with 137 by itself was reported as oom-killed, expected no such line",
        "137 is 128 + SIGKILL, and anybody may send that: who knows for certain?",
      );
    }
  },

  async pids(t) {
    const most = t.number(4, 9);
    const script = `${OWN}; cat pids.max; (for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 2 & done) 2>/dev/null; cat pids.events`;
    const { stdout } = await limited(t, ["--pids", String(most)], script);
    const [max = "", ...events] = stdout.trim().split("\n");
    if (max !== String(most)) throw t.wrong(`pids.max is "${max}", expected ${most}`, "the file pids.max");
    // The shell may have been too full to show them: then a fork was refused as well.
    if (events.includes("max 0")) {
      throw t.wrong(
        "twelve processes were started and none was refused, expected pids.max to hold",
        "is the command in the cgroup that has the limit?",
      );
    }
  },

  async cpu(t) {
    const percent = t.number(5, 30);
    const script = `${OWN}; cat cpu.max; i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; cat cpu.stat`;
    const { stdout } = await limited(t, ["--cpu", String(percent)], script);
    const max = stdout.split("\n")[0] ?? "";
    const [quota, period] = max.split(" ").map(Number);
    if (!quota || !period || Math.round((quota / period) * 100) !== percent) {
      throw t.wrong(
        `cpu.max is "${max}", expected ${percent} % of one processor`,
        "two numbers: how many microseconds, of how many",
      );
    }
    if (!/^nr_throttled [1-9]/m.test(stdout)) {
      throw t.wrong(
        `a busy loop at ${percent} % was never throttled, expected nr_throttled in cpu.stat to grow`,
        "cpu.stat of the command's cgroup",
      );
    }
  },

  async after(t) {
    const code = t.number(3, 100);
    const word = t.number(100_000, 900_000);
    const ended = await limited(t, ["--memory", "67108864"], `sleep ${word} & sleep ${word} & exit ${code}`);
    if (ended.code !== code) {
      throw t.wrong(`the command ended with ${code}, limit.ts with ${ended.code}, expected the same`);
    }
    const alive = readdirSync("/proc").filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(String(word));
      } catch {
        return false;
      }
    });
    if (alive.length > 0) {
      throw t.wrong(
        `${alive.length} processes that the command left in the background are still there, expected none`,
        "cgroup.kill ends everything in a cgroup at once",
      );
    }
    const left = labCgroups();
    if (left.length > 0) {
      throw t.wrong(`the cgroup ${left[0]} is still there, expected none`, "rmdir, when nobody is in it any more");
    }
  },
};

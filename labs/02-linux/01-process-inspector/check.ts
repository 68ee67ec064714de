import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import type { CheckTools, LabCheck, Running } from "@drydock/labs";

/** A copy of sleep under a name that nobody can know, with arguments of our choice. */
async function sleeper(t: CheckTools, name: string, args: string[] = ["600"]): Promise<Running> {
  const file = `${t.scratch}/${name}`;
  copyFileSync("/bin/sleep", file);
  const child = await t.start(file, args);
  // Its name is that of our own process until the kernel has loaded it.
  await t.until(() => readFileSync(`/proc/${child.pid}/comm`, "utf8").trim() === name.slice(0, 15));
  return child;
}

async function inspect(t: CheckTools, pid: number): Promise<Record<string, unknown>> {
  const { code, stdout, stderr, timedOut } = await t.run("inspect.ts", [String(pid)]);
  if (timedOut) throw t.wrong("inspect.ts did not end within 10 s");
  if (code !== 0) {
    throw t.wrong(
      `inspect.ts ended with ${code ?? "a signal"}: ${stderr.trim().split("\n").slice(-1)}`,
      "run it by hand: node inspect.ts $$",
    );
  }
  try {
    return JSON.parse(stdout);
  } catch {
    throw t.wrong(`inspect.ts printed no JSON but: ${stdout.slice(0, 100)}`, "one console.log of one JSON.stringify");
  }
}

function expectEqual(t: CheckTools, what: string, seen: unknown, expected: unknown, hint: string): void {
  const [a, b] = [JSON.stringify(seen), JSON.stringify(expected)];
  if (a !== b) throw t.wrong(`${what} is ${a}, expected ${b}`, hint);
}

export const steps: LabCheck = {
  async identity(t) {
    for (const name of [t.word(), `${t.word().slice(0, 6)}) R 1 (`]) {
      const child = await sleeper(t, name);
      const seen = await inspect(t, child.pid);
      const hint = name.includes(")")
        ? `a program can have any name, also one that looks like the rest of the line: cat /proc/PID/stat of "${name}"`
        : "/proc/PID/stat, man 5 proc_pid_stat";
      expectEqual(t, "pid", seen.pid, child.pid, hint);
      expectEqual(t, "name", seen.name, name, hint);
      expectEqual(t, "state", seen.state, "S", hint);
      expectEqual(t, "parent", seen.parent, process.pid, hint);
      child.kill("SIGSTOP");
      await t.until(() => readFileSync(`/proc/${child.pid}/stat`, "utf8").includes(") T "));
      expectEqual(t, "state of a process that was stopped", (await inspect(t, child.pid)).state, "T", hint);
    }
  },

  async arguments(t) {
    const args = ["600", ""];
    const word = `${t.word()} with a space`;
    const child = await t.start("sh", ["-c", "sleep 600; :", word, "", "last"]);
    expectEqual(
      t,
      "args",
      (await inspect(t, child.pid)).args,
      ["sh", "-c", "sleep 600; :", word, ...args.slice(1), "last"],
      "/proc/PID/cmdline has a zero byte after each argument; an argument may be empty",
    );
  },

  async size(t) {
    const bytes = t.number(40, 80) << 20;
    const script = `const b=Buffer.alloc(${bytes},1); const {Worker}=require("worker_threads"); new Worker("setInterval(()=>{},1e6)",{eval:true}).on("online",()=>console.log("up")); setInterval(()=>b.length,1e6)`;
    const child = await t.start(process.execPath, ["-e", script]);
    if (!(await t.until(() => child.stdout.includes("up"), 20_000)))
      throw t.wrong(`the process to look at did not start: ${child.stderr}`);
    const seen = await inspect(t, child.pid);
    const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
    const threads = Number(/Threads:\s+(\d+)/.exec(status)?.[1]);
    const resident = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
    expectEqual(t, "threads", seen.threads, threads, "Threads in /proc/PID/status");
    const got = Number(seen.residentBytes);
    // The process may have moved a little since.
    if (!(Math.abs(got - resident) < resident * 0.1)) {
      const unit = Math.abs(got * 1024 - resident) < resident * 0.1 ? "that is kB; " : "";
      throw t.wrong(
        `residentBytes is ${seen.residentBytes}, expected about ${resident}: ${unit}the unit is bytes`,
        "VmRSS in /proc/PID/status says which unit it has",
      );
    }
  },

  async files(t) {
    const path = `${t.scratch}/${t.word()}`;
    const gone = `${t.scratch}/${t.word()}`;
    const child = await t.start("sh", ["-c", `exec 7>${path} 9>${gone}; rm ${gone}; echo up; exec sleep 600`]);
    await t.until(() => child.stdout.includes("up"));
    const seen = (await inspect(t, child.pid)).files;
    if (!Array.isArray(seen)) throw t.wrong(`files is ${JSON.stringify(seen)}, expected a list`);
    const target = (fd: number): unknown => seen.find((one) => one?.fd === fd)?.target;
    const hint = "ls -l /proc/PID/fd shows symbolic links: fs.readlinkSync";
    expectEqual(t, "target of descriptor 7", target(7), path, hint);
    expectEqual(t, "target of descriptor 9, a file that was removed", target(9), `${gone} (deleted)`, hint);
    if (!/^(pipe|socket):\[\d+\]$/.test(String(target(1))))
      throw t.wrong(`target of descriptor 1 is ${target(1)}, expected socket:[…]`, hint);
    expectEqual(
      t,
      "the list of descriptors",
      seen.map(({ fd }) => fd).sort((a, b) => a - b),
      readdirSync(`/proc/${child.pid}/fd`)
        .map(Number)
        .sort((a, b) => a - b),
      hint,
    );
  },

  async gone(t) {
    const child = await t.start("true");
    await child.ended;
    const { code, stderr, stdout } = await t.run("inspect.ts", [String(child.pid)]);
    if (code !== 3)
      throw t.wrong(
        `a pid that is gone: exit code ${code}, expected 3`,
        "reading its files fails with ENOENT: catch that and nothing else",
      );
    if (stdout.trim() !== "")
      throw t.wrong(`a pid that is gone: standard output has ${stdout.trim().slice(0, 60)}, expected nothing`);
    if (stderr.trim().split("\n").length !== 1 || !stderr.includes(String(child.pid))) {
      throw t.wrong(
        `a pid that is gone: standard error is ${JSON.stringify(stderr.slice(0, 120))}, expected one line that names the pid`,
      );
    }
  },
};

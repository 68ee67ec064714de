import { writeFileSync } from "node:fs";
import type { CheckTools, LabCheck } from "@drydock/labs";

interface Summary {
  calls: Record<string, { count: number; errors: number } | undefined>;
  missing: string[];
  processes: { pid: number; end: string }[];
}

async function summary(t: CheckTools, log: string): Promise<Summary> {
  const { code, stdout, stderr } = await t.run("summary.ts", [log]);
  if (code !== 0) throw t.wrong(`summary.ts ended with ${code}: ${stderr.trim().split("\n").at(-1)}`);
  try {
    return JSON.parse(stdout);
  } catch {
    throw t.wrong(`summary.ts printed no JSON but: ${stdout.slice(0, 100)}`);
  }
}

async function ofLines(t: CheckTools, lines: readonly string[]): Promise<Summary> {
  const log = `${t.scratch}/${t.word()}.log`;
  writeFileSync(log, `${lines.join("\n")}\n`);
  return summary(t, log);
}

/** A log of a real program. */
async function traced(t: CheckTools, script: string): Promise<Summary> {
  const log = `${t.scratch}/${t.word()}.log`;
  const { stderr, code } = await t.run("strace", ["-f", "-o", log, "sh", "-c", script]);
  if (code === undefined || /ptrace|PTRACE/.test(stderr)) throw new Error(`strace does not work here: ${stderr}`);
  return summary(t, log);
}

function expectCall(t: CheckTools, seen: Summary, name: string, count: number, errors: number, hint: string): void {
  const got = seen.calls?.[name];
  if (got?.count !== count) throw t.wrong(`${name}: count is ${got?.count ?? "missing"}, expected ${count}`, hint);
  if (got.errors !== errors) throw t.wrong(`${name}: errors is ${got.errors}, expected ${errors}`, hint);
}

const repeat = (times: number, line: (n: number) => string): string[] =>
  Array.from({ length: times }, (_, n) => line(n));

export const steps: LabCheck = {
  async calls(t) {
    const [good, bad] = [t.number(3, 20), t.number(2, 9)];
    const seen = await ofLines(t, [
      ...repeat(good, (n) => `100  openat(AT_FDCWD, "/f${n}", O_RDONLY) = ${n + 3}`),
      ...repeat(bad, (n) => `100  openat(AT_FDCWD, "/g${n}", O_RDONLY) = -1 EACCES (Permission denied)`),
      '100  write(1, "call() = -1 ENOENT (no)\\n", 24) = 24',
      '100  execve("/bin/x", ["x", "a(b) = -1 EPERM"], 0x7ffd /* 9 vars */) = 0',
      "100  --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=101, si_status=0} ---",
      "100  exit_group(0)                     = ?",
      "100  +++ exited with 0 +++",
    ]);
    expectCall(t, seen, "openat", good + bad, bad, "one line, one call");
    expectCall(
      t,
      seen,
      "write",
      1,
      0,
      "what a program writes may look like a result: the result is at the end of the line",
    );
    expectCall(t, seen, "execve", 1, 0, "the result is at the end of the line");
    expectCall(t, seen, "exit_group", 1, 0, "exit_group never returns, its result is ?");
    const extra = Object.keys(seen.calls).filter((name) => !["openat", "write", "execve", "exit_group"].includes(name));
    if (extra.length > 0)
      throw t.wrong(
        `calls has ${extra.join(", ")}, expected nothing but system calls`,
        "the name is the first word of the line after the pid",
      );
  },

  async interleaved(t) {
    const twice = t.number(2, 6);
    const seen = await ofLines(t, [
      ...repeat(
        twice,
        () =>
          '200  wait4(-1,  <unfinished ...>\n201  read(3, "x", 1) = 1\n200  <... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 201',
      ),
      "200  wait4(-1,  <unfinished ...>",
      "201  read(3,  <unfinished ...>",
      "200  <... wait4 resumed>0x7ff, 0, NULL)  = -1 ECHILD (No child processes)",
      '201  <... read resumed>"", 1) = 0',
    ]);
    expectCall(
      t,
      seen,
      "wait4",
      twice + 1,
      1,
      "<unfinished ...> and resumed are two halves of one call; the second has the result",
    );
    expectCall(
      t,
      seen,
      "read",
      twice + 1,
      0,
      "two processes can be in a call at the same time: keep the halves apart by pid",
    );
  },

  async missing(t) {
    const words = repeat(3, () => `/${t.word()}`);
    const seen = await traced(t, `cat ${words.join(" ")} ${words[0]} /etc/hostname 2>/dev/null; :`);
    const ours = (seen.missing ?? []).filter((path) => words.includes(path));
    if (ours.join() !== words.join())
      throw t.wrong(
        `missing has ${JSON.stringify(ours)} of the files that cat looked for, expected ${JSON.stringify(words)}`,
        "ENOENT, and the first text in quotes; each path once",
      );
    if (seen.missing.includes("/etc/hostname")) throw t.wrong("missing has /etc/hostname, which was found");
    const half = await ofLines(t, [
      '7  openat(AT_FDCWD, "/half",  <unfinished ...>',
      "8  close(3) = 0",
      "7  <... openat resumed>O_RDONLY) = -1 ENOENT (No such file or directory)",
    ]);
    if (half.missing?.join() !== "/half")
      throw t.wrong(
        `of a call in two halves missing is ${JSON.stringify(half.missing)}, expected ["/half"]`,
        "the path is in the first half, the error in the second",
      );
  },

  async processes(t) {
    const code = t.number(1, 50);
    const seen = await traced(t, `(exit ${code}); (kill -KILL $(sh -c 'echo $PPID')); :`);
    const ends = (seen.processes ?? []).map(({ end }) => end);
    for (const end of [`exited ${code}`, "killed SIGKILL", "exited 0"]) {
      if (!ends.includes(end))
        throw t.wrong(
          `processes ended with ${JSON.stringify(ends)}, expected "${end}" among them`,
          "lines that begin with +++",
        );
    }
    const pids = new Set(seen.processes.map(({ pid }) => pid));
    if (pids.size !== ends.length || [...pids].some((pid) => !Number.isInteger(pid) || pid <= 0))
      throw t.wrong(`processes has the pids ${[...pids].join(", ")} for ${ends.length} ends, expected one pid each`);
  },
};

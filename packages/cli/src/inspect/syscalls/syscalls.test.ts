import t from "tap";
import { families, familyOf } from "./families.ts";
import { StraceParser, type TraceEvent } from "./parse-strace.ts";
import { familySentence, TraceCounter } from "./summary.ts";

function eventsOf(...lines: string[]): (TraceEvent | undefined)[] {
  const parser = new StraceParser();
  return lines.map((line) => parser.parse(line));
}

t.test("lines as strace writes them", async (t) => {
  t.match(
    eventsOf(
      '12 execve("/bin/true", ["true"], 0x7ffd /* 3 vars */) = 0 <0.000512>',
      "12 brk(NULL)                         = 0x55d0 <0.000003>",
      '12 openat(AT_FDCWD, "/x", O_RDONLY) = -1 ENOENT (No such file or directory) <0.000010>',
      "12 poll([{fd=3, events=POLLIN}], 1, -1) = 1 ([{fd=3, revents=POLLIN}]) <0.100000>",
      "12 fcntl(3, F_GETFD) = 0x1 (flags FD_CLOEXEC) <0.000002>",
      "12 rt_sigreturn({mask=[]}) = 0 <0.000001>",
      "12 wait4(-1,  <unfinished ...>",
      "13 +++ exited with 7 +++",
      "12 <... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 7}], 0, NULL) = 13 <0.250000>",
      "12 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=13} ---",
      "12 exit_group(0) = ?",
      "12 futex(0x7f, FUTEX_WAIT, 1, NULL) = ? ERESTARTSYS (To be restarted if SA_RESTART is set) <0.01>",
      "12 read(0, <unfinished ...>) = ?",
      "12 +++ killed by SIGKILL (core dumped) +++",
    ),
    [
      { type: "call", pid: 12, name: "execve", seconds: 0.000512 },
      { type: "call", name: "brk" },
      { type: "call", name: "openat", errno: "ENOENT", seconds: 0.00001 },
      { type: "call", name: "poll", seconds: 0.1 },
      { type: "call", name: "fcntl" },
      { type: "call", name: "rt_sigreturn" },
      undefined,
      { type: "exit", pid: 13, code: 7 },
      { type: "call", pid: 12, name: "wait4", seconds: 0.25 },
      { type: "signal", signal: "SIGCHLD" },
      { type: "call", name: "exit_group", seconds: 0 },
      { type: "call", name: "futex", errno: "ERESTARTSYS" },
      { type: "call", name: "read", seconds: 0 },
      { type: "killed", signal: "SIGKILL" },
    ],
  );
});

t.test("arguments that look like results, and lines that are none", async (t) => {
  const [call] = eventsOf('9 write(1, ") = -1 EPERM (x) <9.9>\\n", 24) = 24 <0.000001>');
  t.match(call, { name: "write", seconds: 0.000001 });
  t.notOk(call && "errno" in call);
  t.strictSame(
    eventsOf("", "nonsense", "12", "12 ", "12 = 3", "12 x y(z) = 1", "<... read resumed>) = 1", "12 (1) = 2"),
    Array(8).fill(undefined),
  );
  t.match(
    eventsOf("7 <... read resumed>) = 1 <0.1>"),
    [{ name: "read", seconds: 0.1 }],
    "a second half without a first",
  );
});

t.test("a call is in one family", async (t) => {
  const all = families.flatMap(({ members }) => members);
  t.equal(new Set(all).size, all.length);
  t.equal(familyOf("pivot_root").name, "containers");
  t.equal(familyOf("no_such_call").name, "other");
});

t.test("counted and told", async (t) => {
  const counter = new TraceCounter();
  const lines = [
    '1 execve("/bin/a b", ["a"], 0x1) = 0 <0.1>',
    '2 execve("/no", ["a"], 0x1) = -1 ENOENT (No such file or directory) <0.1>',
    ...["a", "b", "c"].map(
      (name) => `2 openat(AT_FDCWD, "/${name}", O_RDONLY) = -1 ENOENT (No such file or directory) <0.01>`,
    ),
    '2 openat(AT_FDCWD, "/d", O_RDONLY) = -1 EACCES (Permission denied) <0.01>',
    "2 newcall(1) = 0 <0.5>",
    "2 --- SIGTERM {} ---",
  ];
  for (const event of eventsOf(...lines)) if (event) counter.add(event);
  const summary = counter.summary();
  t.match(summary, { calls: 7, processes: 2, programs: ["/bin/a b"], signals: { SIGTERM: 1 } });
  t.strictSame(
    summary.families.map(({ family, calls, errors }) => [family, calls, errors]),
    [
      ["names", 4, 4],
      ["processes", 2, 1],
      ["other", 1, 0],
    ],
  );
  const [names] = summary.families;
  t.equal(
    names && familySentence(names),
    "finding, opening and changing files by name: openat 4; 3 ended with ENOENT (no such file or directory), 1 ended with EACCES (permission denied)",
  );
});

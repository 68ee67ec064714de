/** drydock inspect as a user types it, on real processes, namespaces, mounts and cgroups of this machine. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { createNetns, listProcesses, readStat, removeNetns } from "@drydock/linux";
import t from "tap";
import { type Outcome, outcomeOf } from "./cli/drydock.ts";

const launcher = resolve(import.meta.dirname, "../../drydock");
const directory = realpathSync(mkdtempSync(join(tmpdir(), "drydock-inspect-")));
const running: ChildProcess[] = [];
t.teardown(async () => {
  for (const child of running) await ended(child);
  rmSync(directory, { recursive: true, force: true });
});

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

/** No cluster and no settings of the user's own have a say in this. */
const env = { ...process.env, DRYDOCK_DATA_DIR: join(directory, "data"), DRYDOCK_OUTPUT: "" };

function inspect(...args: string[]): Promise<Outcome> {
  const child = spawn(launcher, ["inspect", ...args], { stdio: ["ignore", "pipe", "pipe"], env });
  return outcomeOf(child);
}

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await inspect(...args, "-o", "json");
  if (code !== 0) throw new Error(`inspect ${args.join(" ")} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

/** A process that sleeps until the test is over. */
async function sleeper(program: string, args: readonly string[], options: { cwd?: string; argv0?: string } = {}) {
  const child = spawn(program, args, { stdio: "ignore", ...options });
  running.push(child);
  await once(child, "spawn");
  return child.pid as number;
}

/** The process that `unshare --fork` has started, when it has become the program that it is to be. */
async function childNamed(parent: number, name: string): Promise<number> {
  for (;;) {
    const found = listProcesses().find((pid) => {
      const stat = readStat(pid);
      return stat?.parent === parent && stat.command === name;
    });
    if (found !== undefined) return found;
    await new Promise((done) => setTimeout(done, 20));
  }
}

async function isolated(script = "exec sleep 1000"): Promise<number> {
  const flags = ["--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"];
  return childNamed(await sleeper("unshare", [...flags, "sh", "-c", script]), "sleep");
}

function longestLine(text: string): number {
  return Math.max(...text.split("\n").map((line) => line.length));
}

t.test("proc ls: what runs, also under a name made to mislead, in 80 columns", async (t) => {
  const program = join(directory, "a) R 1 (\nb");
  symlinkSync(realpathSync("/bin/sleep"), program);
  const pid = await sleeper(program, ["1000"]);
  const list = await json<{ pid: number; parent: number; name: string; args: string[]; isKernelThread: boolean }[]>(
    "proc",
    "ls",
  );
  t.match(
    list.find((one) => one.pid === pid),
    { parent: process.pid, name: "a) R 1 (\nb", args: [program, "1000"] },
  );
  t.notOk(list.some(({ isKernelThread }) => isKernelThread));
  const { stdout } = await inspect("proc", "ls");
  t.match(stdout, new RegExp(`^PID +PPID +USER +S +MEMORY[\\s\\S]*^${pid} +${process.pid} +root +S`, "m"));
  t.ok(longestLine(stdout) <= 80);
  t.notMatch(stdout, /\u001b/, "no colour for a pipe");
  t.match(stdout, /APART IN: /);
  t.notMatch((await inspect("proc", "ls", "--quiet")).stdout, /APART IN: /);
});

t.test("proc show: a program and a directory that have been removed", async (t) => {
  const cwd = join(directory, "gone");
  const program = join(directory, "program");
  mkdirSync(cwd);
  copyFileSync("/bin/sleep", program);
  const pid = await sleeper(program, ["1000"], { cwd });
  rmSync(cwd, { recursive: true });
  rmSync(program);
  t.match(await json("proc", "show", String(pid)), {
    pid,
    parent: process.pid,
    directory: { target: cwd, deleted: true },
    program: { target: program, deleted: true },
    namespaces: { mnt: Number(/\d+/.exec(readlinkSync("/proc/self/ns/mnt"))?.[0]) },
  });
  const { stdout } = await inspect("proc", "show", String(pid));
  t.match(stdout, /^Directory: .*removed since/m);
  t.match(stdout, /^Capabilities: /m);
  t.ok(longestLine(stdout) <= 80);
  t.match(await inspect("proc", "show", "self"), { code: 0, stdout: new RegExp(`^Process: +${process.pid},`) });
});

t.test("proc tree, ns ls, show and diff: a process in namespaces of its own", async (t) => {
  const pid = await isolated();
  const tree = (await inspect("proc", "tree", String(process.pid))).stdout;
  t.match(tree, new RegExp(`\\[\\+mnt,net,uts,ipc\\] unshare .*\n.*─${pid} \\[\\+pid\\] sleep`));
  const inode = (kind: string): number => Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/${kind}`))?.[0]);
  t.match(
    (await json<{ inode: number }[]>("ns", "ls", "--kind", "net")).find((one) => one.inode === inode("net")),
    { kind: "net", pids: [readStat(pid)?.parent, pid], yours: false },
  );
  t.match(
    (await inspect("ns", "show", String(pid))).stdout,
    new RegExp(`^net +${inode("net")} +2 +no +interfaces`, "m"),
  );

  const diff = await json<{ namespaces: { kind: string; same: boolean }[] }>("ns", "diff", "self", String(pid));
  const apart = diff.namespaces.filter(({ same }) => !same).map(({ kind }) => kind);
  t.strictSame(apart, ["pid", "mnt", "net", "uts", "ipc"]);
  const text = (await inspect("ns", "diff", "self", String(pid))).stdout;
  t.match(text, new RegExp(`${pid} here is 1 inside`));
  t.match(text, new RegExp(`${pid} has the interfaces lo\n`));
  t.ok(longestLine(text) <= 80);
  t.match((await inspect("ns", "diff", "self", "self")).stdout, /They share every namespace/);
});

t.test("ns ls: a namespace that only a mount keeps", async (t) => {
  const path = join(directory, "netns");
  await createNetns(path);
  t.teardown(() => removeNetns(path));
  const kept = (await json<{ mountedOn: string[] }[]>("ns", "ls")).find(({ mountedOn }) => mountedOn.includes(path));
  t.match(
    (await inspect("ns", "ls", "-o", "wide")).stdout,
    new RegExp(`^net +\\d+ +0 +- +kept by the mount ${path}$`, "m"),
  );
  t.match(kept, { kind: "net", pids: [] });
});

t.test("mounts: peers, a slave in another namespace, odd names", async (t) => {
  const at = join(directory, "mounts");
  mkdirSync(at);
  const script = `
    mount --make-rprivate / && cd ${at} && mkdir one two 'three 3\\x' && mount -t tmpfs -o size=64k first one && mount --make-shared one
    mount --bind one two && mount --make-unbindable -t tmpfs -o size=64k none 'three 3\\x'
    unshare --mount --propagation slave sleep 1000 & exec sleep 1000`;
  const owner = await isolated(script);
  const slave = await childNamed(owner, "sleep");
  interface Answer {
    groups: {
      id: number;
      peers: { mountPoint: string; elsewhere?: number }[];
      slaves: { mountPoint: string; elsewhere?: number }[];
    }[];
  }
  const { groups } = await json<Answer>("mounts", String(owner));
  t.strictSame(
    groups.map(({ peers, slaves }) => [peers.map(({ mountPoint }) => mountPoint), slaves]),
    [[[`${at}/one`, `${at}/two`], [`${at}/one`, `${at}/two`].map((mountPoint) => ({ elsewhere: slave, mountPoint }))]],
  );
  const { stdout } = await inspect("mounts", String(owner), "-o", "wide");
  t.match(stdout, new RegExp(`${at}/one +tmpfs +shared ${groups[0]?.id}\n`));
  t.match(stdout, /three 3\\x +tmpfs +unbindable\n/);
  t.match(stdout, /followed by .* of pid \d+/);
  t.match((await inspect("mounts", String(slave))).stdout, new RegExp(`slave of ${groups[0]?.id}`));
  t.ok(longestLine((await inspect("mounts", String(owner))).stdout) <= 80);
});

const controllers = readFileSync("/proc/self/mountinfo", "utf8");
const canLimit = / - cgroup .*\bpids\b/.test(controllers) || / - cgroup2 /.test(controllers);

t.test(
  "cgroup run: the limit, its report, the exit code, and nothing is left",
  canLimit ? {} : { skip: "no cgroups are mounted" },
  async (t) => {
    const limited = await inspect(
      "cgroup",
      "run",
      "--pids",
      "3",
      "--",
      "sh",
      "-c",
      "sleep 1000 & sleep 1000 & sleep 1000 & echo unreachable",
    );
    if (/INSPECT_NO_CONTROLLER/.test(limited.stderr)) {
      t.match(
        limited,
        { code: 9, stderr: /drydock vm run -- drydock inspect cgroup run --pids 3/ },
        "what cannot be had, and where it can",
      );
      return;
    }
    t.match(limited, { code: 2, stdout: "", stderr: /fork/i });
    t.match(limited.stderr, /pids 3 +.*1 fork was refused with EAGAIN/);
    t.match(limited.stderr, /2 processes that the command left behind ended with the cgroup/);

    const passed = await inspect("cgroup", "run", "--memory", "256M", "--", "sh", "-c", "echo out; exit 7");
    t.match(passed, { code: 7, stdout: "out\n", stderr: /memory 256 MiB +peak .*; never met/ });

    const killed = await inspect(
      "cgroup",
      "run",
      "--memory",
      "16M",
      "-o",
      "json",
      "--",
      "sh",
      "-c",
      "echo out; kill -TERM $$",
    );
    t.match(killed, { code: 143, stderr: "out\n" }, "as JSON the report has standard output for itself");
    t.match(JSON.parse(killed.stdout), {
      exitCode: 143,
      signal: "SIGTERM",
      memory: { limitBytes: 16 * 1024 ** 2, oomKills: 0 },
    });
    const interrupted = spawn(launcher, ["inspect", "cgroup", "run", "--pids", "5", "--", "sleep", "1000"], {
      stdio: ["ignore", "pipe", "pipe"],
      env,
    });
    running.push(interrupted);
    const outcome = outcomeOf(interrupted);
    await childNamed(interrupted.pid as number, "sleep");
    interrupted.kill("SIGINT");
    t.match(await outcome, { code: 130, stderr: /pids 5 .*\n(.*\n)*the command was ended by SIGINT: exit code 130/ });
    const groups = readdirSync("/sys/fs/cgroup", { recursive: true, encoding: "utf8" }).filter((name) =>
      /drydock-inspect-/.test(name),
    );
    t.strictSame(groups, []);
  },
);

t.test("cgroup top: once, and until it is interrupted", async (t) => {
  const uses = await json<{ path: string; processes: number }[]>("cgroup", "top", "--once", "--interval", "200ms");
  t.ok(uses.some(({ path, processes }) => path === "/" && processes > 1));
  const live = spawn(launcher, ["inspect", "cgroup", "top", "--interval", "100ms"], {
    stdio: ["ignore", "pipe", "inherit"],
    env,
  });
  running.push(live);
  const exit = once(live, "exit");
  let tables = 0;
  for await (const line of createInterface({ input: live.stdout })) {
    if (/^CPU % +MEMORY/.test(line)) tables += 1;
    if (tables === 2 && /^CPU %/.test(line)) live.kill("SIGINT");
  }
  t.equal(tables >= 2, true);
  t.strictSame(await exit, [0, null]);
});

t.test("syscalls: a sentence for each family, the command's own output and exit code", async (t) => {
  const traced = await inspect("syscalls", "--", "sh", "-c", "cat /nowhere 2>/dev/null; echo out; exit 4");
  t.match(traced, { code: 4, stdout: "out\n", stderr: /^FAMILY +CALLS +FAILED +MS\n/ });
  t.match(traced.stderr, /finding, opening and changing files by name: [\s\S]*ENOENT/);
  t.match(traced.stderr, /system calls by 2 processes/);
  t.ok(longestLine(traced.stderr) <= 80);
  const data = await inspect("syscalls", "-o", "json", "--", "echo", "out");
  t.equal(data.stderr, "out\n");
  t.match(JSON.parse(data.stdout), { processes: 1, programs: [/\/echo$/], exitCode: 0 });
  t.match(await inspect("syscalls", "--", "sh", "-c", "kill -KILL $$"), { code: 137 });
  t.strictSame(
    readdirSync(tmpdir()).filter(
      (name) =>
        name.startsWith("drydock-inspect-") &&
        join(tmpdir(), name) !== directory &&
        readdirSync(join(tmpdir(), name)).includes("trace"),
    ),
    [],
  );
});

t.test("a container of drydock runtime by its name", async (t) => {
  const root = join(directory, "containers");
  const bundle = join(directory, "bundle");
  const id = `inspect-${process.pid}`;
  mkdirSync(join(bundle, "rootfs/bin"), { recursive: true });
  copyFileSync("/bin/busybox", join(bundle, "rootfs/bin/busybox"));
  symlinkSync("busybox", join(bundle, "rootfs/bin/sleep"));
  const runtime = async (...args: string[]): Promise<Outcome> =>
    outcomeOf(spawn(launcher, ["runtime", "--root", root, ...args], { stdio: ["ignore", "pipe", "pipe"], env }));
  t.match(await runtime("spec", "--bundle", bundle, "--", "sleep", "1000"), { code: 0 });
  t.teardown(() => runtime("delete", "--force", id));
  // Its streams are the container's for as long as that runs.
  const start = spawn(launcher, ["runtime", "--root", root, "run", "--detach", "--bundle", bundle, id], {
    stdio: "ignore",
    env,
  });
  t.equal((await outcomeOf(start)).code, 0);
  const { pid } = JSON.parse((await runtime("state", id)).stdout) as { pid: number };
  t.match(await json("--root", root, "proc", "show", id), { pid, args: ["sleep", "1000"], seccomp: /none|filter/ });
  const { stdout } = await inspect("--root", root, "mounts", `container/${id}`);
  t.match(stdout, /^\/ .*\n(.*\n)*[├└]─\/proc +proc /m);
  t.match(await inspect("--root", root, "ns", "diff", "self", "nothing"), {
    code: 3,
    stderr: /"nothing" is neither a pid nor a container/,
  });
});

t.test("what cannot be shown, and why", async (t) => {
  const zombie = await sleeper("sh", ["-c", "/bin/true & exec sleep 1000"]);
  const dead = await childNamed(zombie, "true");
  while (readStat(dead)?.state !== "Z") await new Promise((done) => setTimeout(done, 20));
  const thread = listProcesses().find((pid) => readStat(pid)?.isKernelThread);
  const cases: [args: string[], code: number, says: RegExp][] = [
    [["proc", "show", "4194305"], 3, /no process here has the pid 4194305[\s\S]*INSPECT_NO_PROCESS/],
    [["proc", "show", "0"], 3, /pid 0 is no process/],
    [["ns", "show", "12x"], 3, /"12x" is neither a pid nor a container[\s\S]*a pid is a number/],
    [["mounts", "../../etc"], 3, /INSPECT_NO_PROCESS/],
    [["ns", "diff", "self", "node/none"], 3, /no node none runs/],
    [["proc", "show", "pod/none"], 4, /KUBECONFIG_MISSING/],
    [
      ["ns", "show", String(dead)],
      3,
      /is a zombie[\s\S]*its parent \d+ fetches it with wait\(2\)[\s\S]*INSPECT_ZOMBIE/,
    ],
    [["mounts", String(dead)], 3, /INSPECT_ZOMBIE/],
    [["ns", "ls", "--kind", "disk"], 2, /no kind of namespace called "disk"/],
    [["cgroup", "run", "--", "true"], 2, /no limit was given/],
    [["cgroup", "run", "--memory", "lots", "--", "true"], 2, /--memory: "lots"/],
    [
      ["cgroup", "run", "--pids", "3", "--", "no-such-program"],
      3,
      /no-such-program: no such program in PATH[\s\S]*INSPECT_COMMAND/,
    ],
    [["cgroup", "top", "--interval", "1ms"], 2, /too short/],
    [["syscalls", "--", "/etc/passwd"], 3, /may not be executed/],
    [["proc", "ls", "-o", "yaml"], 2, /no such output format/],
    ...(thread === undefined
      ? []
      : [
          [["mounts", String(thread)], 2, /thread of the kernel[\s\S]*INSPECT_KERNEL_THREAD/] as [
            string[],
            number,
            RegExp,
          ],
        ]),
  ];
  await Promise.all(
    [0, 1].map(async (half) => {
      for (const [args, code, says] of cases.filter((_, index) => index % 2 === half)) {
        t.match(await inspect(...args), { code, stdout: "", stderr: says }, args.join(" "));
      }
    }),
  );
});

t.test("what the kernel keeps from this user", async (t) => {
  const pid = await sleeper("sleep", ["1000"]);
  // Whoever may trace less than the other process could must not look into it (ptrace(2)), also as the same user.
  const weaker = (...args: string[]): Promise<Outcome> =>
    outcomeOf(
      spawn("setpriv", ["--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace", launcher, "inspect", ...args], {
        stdio: ["ignore", "pipe", "pipe"],
        env,
      }),
    );
  t.match(await weaker("ns", "show", String(pid)), {
    code: 5,
    stderr: /does not let this user see the namespaces of process \d+[\s\S]*INSPECT_NOT_PERMITTED/,
  });
  t.match(await weaker("proc", "show", String(pid)), { code: 0, stdout: /^Namespaces: +hidden from this user/m });
  t.match(await weaker("proc", "ls"), { code: 0, stdout: new RegExp(`^${pid} .* \\? +sleep 1000`, "m") });
});

t.test("an ordinary user sees what is theirs to see", async (t) => {
  // An environment of its own: the test runner's variables make every Node process write where this user may not.
  const nobody = (...args: string[]): Promise<Outcome> =>
    outcomeOf(
      spawn("setpriv", ["--reuid", "65534", "--regid", "65534", "--clear-groups", launcher, "inspect", ...args], {
        stdio: ["ignore", "pipe", "pipe"],
        env: { PATH: process.env.PATH, HOME: "/nonexistent" },
      }),
    );
  const pid = await sleeper("sleep", ["1000"]);
  t.match(await nobody("mounts", String(pid)), { code: 5, stderr: /INSPECT_NOT_PERMITTED/ });
  t.match(await nobody("ns", "ls"), { code: 0, stdout: /processes are\s+hidden from this user/ });
  t.match(await nobody("syscalls", "--", "true"), { code: 0, stderr: /^FAMILY/ });
  if (canLimit) {
    t.match(await nobody("cgroup", "run", "--pids", "3", "--", "true"), {
      code: /^[59]$/,
      stderr: /drydock vm run -- drydock inspect cgroup run --pids 3[\s\S]*INSPECT_(NOT_PERMITTED|NO_CONTROLLER)/,
    });
  }
});

t.test("only one can trace", async (t) => {
  const outer = ["-f", "-o", "/dev/null", launcher, "inspect", "syscalls", "--", "true"];
  const { code, stderr } = await outcomeOf(spawn("strace", outer, { stdio: ["ignore", "pipe", "pipe"], env }));
  t.equal(code, 1);
  t.match(stderr, /strace could not follow true[\s\S]*only one tracer[\s\S]*INSPECT_TRACE_FAILED/);
});

t.test("colour for a terminal only, and not when it is not wanted", async (t) => {
  const onTerminal = async (settings: Record<string, string>): Promise<string> => {
    const command = ["--quiet", "--return", "--command", `${launcher} inspect ns diff self self`, "/dev/null"];
    const own = { PATH: process.env.PATH, HOME: directory, TERM: "xterm-256color", ...settings };
    return (await outcomeOf(spawn("script", command, { stdio: ["ignore", "pipe", "pipe"], env: own }))).stdout;
  };
  t.match(await onTerminal({}), /^\u001b\[1mKIND [\s\S]*\u001b\[2mThey share every namespace/);
  t.match(await onTerminal({ NO_COLOR: "1" }), /^KIND [^\u001b]*\nThey share every namespace[^\u001b]*$/);
});

t.test("lists while processes come and go", async (t) => {
  writeFileSync(join(directory, "busy"), "while :; do for i in 1 2 3 4 5 6 7 8; do /bin/true & done; wait; done\n");
  await sleeper("sh", [join(directory, "busy")]);
  for (const args of [
    ["proc", "ls"],
    ["proc", "tree"],
    ["ns", "ls"],
    ["mounts", "self"],
  ]) {
    t.match(await inspect(...args), { code: 0, stderr: "" }, args.join(" "));
  }
});

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  createNetns,
  directExecutor,
  findHierarchies,
  freezeCgroup,
  nativeExecutor,
  readableFrom,
  readStat,
  readStatus,
  removeNetns,
} from "@drydock/linux";
import t, { type Test } from "tap";
import { makeTestHost, scriptConfig } from "./fixtures/test-host.ts";
import type { ExecSession, ProcessConfig } from "./index.ts";

/** One suite, each executor: what a runtime promises does not depend on who makes the system calls. */
const executors = process.arch === "x64" ? [nativeExecutor, directExecutor] : [directExecutor];

// Under emulation, and while other tests run, calls take ten times longer.
t.setTimeout(240_000);

for (const executor of executors) {
  t.test(`containers by the ${executor.name} executor`, async (t) => {
    const host = makeTestHost(executor);
    const { runtime } = host;
    t.teardown(() => host.dispose());
    const scenario = (name: string, body: (t: Test) => Promise<void>): void =>
      void t.test(name, async (t) => {
        await body(t);
        t.strictSame(host.leftovers(), [], "nothing is left");
      });

    /** Runs a script to its end and gives what it wrote. */
    const runScript = async (id: string, text: string, changes = {}): Promise<{ output: string; code: number }> => {
      await runtime.run(host.script(id, text, changes));
      const { code } = await runtime.wait(id);
      await runtime.delete(id);
      return { output: host.output(id), code };
    };

    scenario("ends with an exit code, and says when", async (t) => {
      const before = Date.now();
      const started = await runtime.run(host.script("code", "echo hello; exit 3"));
      t.match(started, { id: "code", created: /^20.*Z$/, started: /^20.*Z$/ });
      const exit = await runtime.wait("code");
      t.match(exit, { code: 3, oomKilled: false });
      t.equal(exit.signal, undefined);
      t.ok(Math.abs(Date.parse(exit.finishedAt) - before) < 20_000, "the time of its end");
      t.match(await runtime.state("code"), { status: "stopped", exit: { code: 3 } });
      t.equal((await runtime.state("code")).pid, undefined);
      t.equal(host.output("code"), "hello\n");
      await runtime.delete("code");
      await t.rejects(runtime.state("code"), { code: "RUNTIME_NOT_FOUND" });
      await runtime.delete("code");
    });

    scenario("is signalled", async (t) => {
      await runtime.run(host.script("signals", "trap 'exit 5' TERM; echo ready; while :; do sleep 0.01; done"));
      const waiting = runtime.wait("signals");
      await until(() => host.output("signals") === "ready\n");
      await runtime.kill("signals", 15);
      t.match(await waiting, { code: 5 });
      await t.rejects(runtime.kill("signals", 15), { code: "RUNTIME_BAD_STATE" });
      await runtime.delete("signals");

      await runtime.run(host.script("killed", "sleep 1000"));
      await runtime.kill("killed", 9);
      t.match(await runtime.wait("killed"), { code: 137, signal: 9 });
      await t.rejects(runtime.kill("killed", 0), { code: "RUNTIME_INVALID_CONFIG" });
      await runtime.delete("killed");
    });

    scenario("has one id, and is deleted when it has stopped or by force", async (t) => {
      await runtime.run(host.script("one", "sleep 1000"));
      await t.rejects(runtime.run(host.script("one", "true")), { code: "RUNTIME_EXISTS" });
      t.match(await runtime.state("one"), { status: "running" }, "the first is untouched");
      t.strictSame(
        (await runtime.list()).map(({ id }) => id),
        ["one"],
      );
      await t.rejects(runtime.delete("one"), { code: "RUNTIME_BAD_STATE", message: /running/ });
      const waiting = runtime.wait("one");
      await runtime.delete("one", { force: true });
      t.match(await waiting, { code: 137 }, "who waits learns how it ended");
      for (const id of ["", "..", "a/b", ".hidden"])
        await t.rejects(runtime.state(id), { code: "RUNTIME_INVALID_CONFIG" });
      await t.rejects(runtime.wait("nobody"), { code: "RUNTIME_NOT_FOUND" });
    });

    scenario("waiting can be given up", async (t) => {
      await runtime.run(host.script("patient", "sleep 1000"));
      const abort = new AbortController();
      const waiting = runtime.wait("patient", abort.signal);
      abort.abort(new Error("enough"));
      await t.rejects(waiting, { message: "enough" });
      await runtime.delete("patient", { force: true });
    });

    scenario("reads and writes files and FIFOs", async (t) => {
      const input = join(host.directory, "input");
      const log = join(host.directory, "log");
      writeFileSync(input, "one\ntwo\n");
      writeFileSync(log, "before\n");
      const stdio = { stdin: input, stdout: log, stderr: log };
      await runScriptWith({ id: "files", request: { stdio } }, "cat; echo problem >&2");
      t.equal(readFileSync(log, "utf8"), "before\none\ntwo\nproblem\n", "appended");

      const fifo = join(host.directory, "fifo");
      execFileSync("mkfifo", [fifo]);
      const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
      const chunks: Buffer[] = [];
      await runtime.run(
        host.script("fifo", "echo first; echo second", {
          request: { stdio: { stdin: "null", stdout: fifo, stderr: fifo } },
        }),
      );
      const stream = readableFrom(reader);
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      await runtime.wait("fifo");
      if (!stream.closed) await once(stream, "close");
      t.equal(Buffer.concat(chunks).toString(), "first\nsecond\n", "and the end is seen: nobody else holds it open");
      await runtime.delete("fifo");
    });

    async function runScriptWith(options: { id: string; request: object }, text: string): Promise<void> {
      await runtime.run(host.script(options.id, text, { request: options.request }));
      await runtime.wait(options.id);
      await runtime.delete(options.id);
    }

    scenario("has namespaces of its own", async (t) => {
      const { pid = 0 } = await runtime.run(
        host.script("apart", "hostname; echo pid $$; cat /proc/net/dev; sleep 1000"),
      );
      for (const name of ["mnt", "pid", "uts", "ipc", "net", "cgroup"]) {
        t.not(readlinkSync(`/proc/${pid}/ns/${name}`), readlinkSync(`/proc/self/ns/${name}`), name);
      }
      t.equal(readlinkSync(`/proc/${pid}/ns/user`), readlinkSync("/proc/self/ns/user"), "user");
      await until(() => host.output("apart").includes("lo:"));
      t.match(host.output("apart"), /^box\npid 1\n/);
      await runtime.delete("apart", { force: true });
    });

    scenario("joins a network namespace by its path", async (t) => {
      const path = join(host.directory, "netns");
      await createNetns(path);
      try {
        const namespaces = (scriptConfig("").linux?.namespaces ?? []).map((one) =>
          one.type === "network" ? { ...one, path } : one,
        );
        const { pid } = await runtime.run(host.script("joined", "sleep 1000", { linux: { namespaces } }));
        t.equal(statSync(`/proc/${pid}/ns/net`).ino, statSync(path).ino);
        await runtime.delete("joined", { force: true });
      } finally {
        removeNetns(path);
      }
      t.notOk(existsSync(path));
    });

    scenario("does not see or change what is the host's", async (t) => {
      const { output } = await runScript(
        "masked",
        `cat /proc/keys /proc/timer_list; ls -A /sys/firmware /proc/acpi; echo x > /sys/firmware/y; echo x > /proc/keys && echo keys is null
         echo 1 > /proc/sys/kernel/panic; touch /sys/x; mkdir /sys/fs/cgroup/x; cat /proc/self/cgroup | grep '^0:'; ls -l /dev/null`,
      );
      t.match(output, /y: Read-only file system/);
      t.match(output, /keys is null/, "writes go nowhere");
      t.match(output, /panic: Read-only file system/);
      t.match(output, /touch: \/sys\/x: (Read-only file system|Permission denied)/);
      t.match(output, /cgroup\/x': Read-only file system/);
      t.match(output, /^0::\/$/m);
      t.match(output, /^crw-rw-rw-.* 1, +3 .*\/dev\/null$/m);
      t.notMatch(output, /now at|expires|keyring/, "masked files are empty");
    });

    scenario("has the capabilities, user, groups and limits that were asked for", async (t) => {
      const status = "cat /proc/self/status; umask; ulimit -n; id";
      const root = await runScript("root", status);
      t.match(root.output, /CapEff:\t00000000a80425fb\n/);
      t.match(root.output, /CapBnd:\t00000000a80425fb\n/);
      t.match(root.output, /CapInh:\t0000000000000000\n/);
      t.match(root.output, /NoNewPrivs:\t1\n/);
      t.match(root.output, /Groups:\t\s*\n/);

      const process: Partial<ProcessConfig> = {
        user: { uid: 1000, gid: 1001, umask: 0o027, additionalGids: [5, 6] },
        capabilities: {
          bounding: ["CAP_NET_BIND_SERVICE"],
          permitted: ["CAP_NET_BIND_SERVICE"],
          inheritable: ["CAP_NET_BIND_SERVICE"],
          ambient: ["CAP_NET_BIND_SERVICE"],
        },
        rlimits: [{ type: "RLIMIT_NOFILE", soft: 99, hard: 100 }],
        noNewPrivileges: false,
      };
      const user = await runScript("user", status, { process });
      t.match(user.output, /Uid:\t1000\t1000\t1000\t1000\n/);
      t.match(user.output, /Gid:\t1001\t1001\t1001\t1001\n/);
      t.match(user.output, /Groups:\t5 6 ?\n/);
      t.match(user.output, /CapEff:\t0000000000000400\n/, "ambient ones survive execve");
      t.match(user.output, /CapBnd:\t0000000000000400\n/);
      t.match(user.output, /NoNewPrivs:\t0\n/);
      t.match(user.output, /^0027\n99\n/m);

      const none = await runScript("none", status, { process: { capabilities: undefined } });
      t.match(none.output, /CapEff:\t0{16}\n/);
      t.match(none.output, /CapBnd:\t0{16}\n/);
    });

    scenario("has the settings that were asked for", async (t) => {
      const { output } = await runScript(
        "settings",
        "cat /proc/sys/net/ipv4/ip_forward /proc/self/oom_score_adj; pwd",
        {
          process: { cwd: "/made/for/it", oomScoreAdj: 500 },
          linux: { sysctl: { "net.ipv4.ip_forward": "1" } },
        },
      );
      t.equal(output, "1\n500\n/made/for/it\n");
    });

    scenario("what it may not have is said, not ignored", async (t) => {
      const resources = {
        memory: { limit: 64 * 1024 * 1024 },
        cpu: { quota: 50_000, period: 100_000 },
        pids: { limit: 50 },
      };
      const { notEnforced } = await runtime.run(host.script("limited", "sleep 1000", { linux: { resources } }));
      const controllers = readFileSync(join(host.cgroupRoot, "cgroup.controllers"), "utf8");
      for (const [controller, text] of [
        ["memory", "memory limit of 64 MiB is not in force"],
        ["cpu", "cpu limit of 0.5 cores is not in force"],
        ["pids", "limit of 50 processes is not in force"],
      ] as const) {
        t.equal(
          notEnforced.some((one) => one.startsWith(text)),
          !controllers.includes(controller) && !findHierarchies().legacy[controller],
          controller,
        );
      }
      await runtime.delete("limited", { force: true });
    });

    scenario("the root is read-only when it should be", async (t) => {
      const config = { root: { path: "rootfs", readonly: true } };
      const { output } = await runScript("readonly", "touch /x; touch /dev/shm/y && echo shm", { config });
      t.match(output, /touch: \/x: Read-only file system\nshm\n/);
    });

    scenario("writes into the overlay's upper directory, and into a bind mount", async (t) => {
      const [upper, work, data] = ["upper", "work", "data"].map((name) => join(host.directory, name)) as [
        string,
        string,
        string,
      ];
      for (const path of [upper, work, data]) mkdirSync(path);
      writeFileSync(join(data, "given"), "given\n");
      const mounts = [
        ...(scriptConfig("").mounts ?? []),
        { destination: "/var/data", source: data, options: ["rbind"] },
        { destination: "/etc/given", source: join(data, "given"), options: ["bind", "ro"] },
      ];
      const { output } = await runScript(
        "layers",
        "echo 1 > /etc/new; cat /etc/given; echo 2 > /var/data/out; echo 3 > /etc/given",
        {
          config: { mounts },
          request: { root: { type: "overlay", lower: [host.rootfs], upper, work } },
        },
      );
      t.match(output, /^given\n.*given: Read-only file system/);
      t.equal(readFileSync(join(upper, "etc/new"), "utf8"), "1\n");
      t.equal(readFileSync(join(data, "out"), "utf8"), "2\n");
      t.notOk(existsSync(join(host.rootfs, "etc/new")), "the layer is untouched");
      for (const path of [upper, work, data]) rmSync(path, { recursive: true });
    });

    scenario("more layers than fit into one mount call", async (t) => {
      const [major = 0, minor = 0] = release().split(".").map(Number);
      // Relative to a common parent; beyond that the kernel must take them one by one.
      for (const count of major > 6 || (major === 6 && minor >= 7) ? [40, 60] : [40]) {
        const lower = Array.from({ length: count }, (_, index) => {
          const layer = join(host.directory, "layers", `${index}-${"x".repeat(80)}`);
          mkdirSync(layer, { recursive: true });
          writeFileSync(join(layer, `file${index}`), "");
          return layer;
        });
        symlinkSync(host.rootfs, join(host.directory, "layers/rootfs"));
        const request = {
          root: { type: "volatile-overlay", lower: [...lower, join(host.directory, "layers/rootfs")] },
        };
        const { output, code } = await runScript(`layers-${count}`, "ls / | grep -c file", { request });
        t.equal(code, 0, output);
        t.equal(output, `${count}\n`);
        rmSync(join(host.directory, "layers"), { recursive: true });
      }
    });

    scenario("gets no descriptor of the host, and cannot reach one", async (t) => {
      const leak = openSync("/", constants.O_RDONLY);
      const { output } = await runScript("fds", "cd /proc/self/fd && echo *; ls -l /proc/1/fd", {
        process: { args: ["sh", "-c", "exec ls /proc/self/fd"] },
      });
      closeSync(leak);
      t.equal(output, "0\n1\n2\n3\n", "3 is ls's own");
      // The working directory as a way to the host: CVE-2024-21626.
      for (const fd of [3, 4, 7, 8, 9]) {
        await t.rejects(
          runtime.run(host.script("cwd", "cat /proc/self/mountinfo", { process: { cwd: `/proc/self/fd/${fd}` } })),
          {
            code: "RUNTIME_STEP_FAILED",
          },
        );
      }
    });

    scenario("an image cannot lead mounts out of the root", async (t) => {
      const evil = join(host.directory, "evil");
      const outside = join(host.directory, "outside");
      execFileSync("cp", ["-a", host.rootfs, evil]);
      mkdirSync(outside);
      symlinkSync("/elsewhere", join(evil, "absolute"));
      symlinkSync("../../../../../../..", join(evil, "up"));
      const root = { type: "directory", path: evil } as const;
      const mounts = [
        ...(scriptConfig("").mounts ?? []),
        { destination: `/up${outside}/dir`, source: host.rootfs, options: ["bind"] },
        { destination: "/up/inside", source: host.rootfs, options: ["bind"] },
      ];
      const good = await runScript("evil", "ls /inside/bin/sh", { config: { mounts }, request: { root } });
      t.equal(good.output, "/inside/bin/sh\n", "a symlink upwards stays in the root");
      t.strictSame(readdirSync(outside), [], "nothing was made outside");
      await t.rejects(
        runtime.run(
          host.script("dangling", "true", {
            config: { mounts: [{ destination: "/absolute/x", source: "/etc", options: ["bind"] }] },
            request: { root },
          }),
        ),
        { code: "RUNTIME_STEP_FAILED" },
        "a symlink to nothing is not followed, whatever the host has there",
      );
      t.strictSame(readdirSync(outside), []);
      // A /proc that is a symlink would leave the real paths unmasked (CVE-2019-19921, CVE-2025-52881).
      rmSync(join(evil, "proc"), { recursive: true });
      symlinkSync("/tmp", join(evil, "proc"));
      await t.rejects(runtime.run(host.script("proc", "true", { request: { root } })), {
        code: "RUNTIME_STEP_FAILED",
        details: { errno: "ELOOP" },
      });
      rmSync(evil, { recursive: true });
    });

    scenario("masks are the host's /dev/null, whatever the image brings (CVE-2025-31133)", async (t) => {
      const evil = join(host.directory, "evil-null");
      execFileSync("cp", ["-a", host.rootfs, evil]);
      symlinkSync("/proc/sys/kernel/hostname", join(evil, "dev/null"));
      const mounts = (scriptConfig("").mounts ?? []).filter(({ destination }) => !destination.startsWith("/dev"));
      const { output } = await runScript("null", "wc -c < /proc/keys; grep ' /proc/keys ' /proc/self/mountinfo", {
        config: { mounts },
        request: { root: { type: "directory", path: evil } },
      });
      t.match(output, /^0\n.* \/null \/proc\/keys .*devtmpfs|^0\n.*\/null \/proc\/keys/);
      rmSync(evil, { recursive: true });
    });

    scenario("the executable of the runtime cannot be written from inside (CVE-2019-5736)", async (t) => {
      const evil = join(host.directory, "evil-exe");
      execFileSync("cp", ["-a", host.rootfs, evil]);
      const script = join(evil, "bin/evil");
      writeFileSync(script, "#!/proc/self/exe\n", { mode: 0o755 });
      const root = { type: "directory", path: evil } as const;
      // The kernel runs what set the container up, inside: our image, or Node, which finds nothing of the host there.
      const request = host.script("exe", "", { process: { args: ["evil"] }, request: { root } });
      await runtime.run(request).then(
        () => runtime.wait("exe"),
        () => undefined,
      );
      await runtime.delete("exe", { force: true });
      // What the trick is for: a descriptor of the executable, opened again for writing.
      const { pid } = await runtime.run(host.script("shim", "sleep 1000"));
      const parent = readStat(pid ?? 0)?.parent;
      t.throws(() => openSync(`/proc/${parent}/exe`, "r+"), { code: /ETXTBSY|EROFS|EPERM/ });
      await runtime.delete("shim", { force: true });
      rmSync(evil, { recursive: true });
    });

    scenario("a container that takes too much memory is seen to be killed for it", async (t) => {
      if (!readFileSync(join(host.cgroupRoot, "cgroup.controllers"), "utf8").includes("memory")) {
        t.comment("skipped: cgroup v2 has no memory controller on this host");
        return;
      }
      const resources = { memory: { limit: 32 * 1024 * 1024, swap: 32 * 1024 * 1024 } };
      const { notEnforced } = await runtime.run(
        host.script("oom", "head -c 100000000 /dev/zero | sort", { linux: { resources } }),
      );
      t.strictSame(notEnforced, []);
      t.match(await runtime.wait("oom"), { oomKilled: true });
      await runtime.delete("oom");
    });

    scenario("a failed start says what failed, and leaves nothing", async (t) => {
      await t.rejects(runtime.run(host.script("f1", "", { process: { args: ["nonesuch"] } })), {
        code: "RUNTIME_STEP_FAILED",
        message: /nonesuch not found in the container's PATH \(\/bin\)/,
        details: { errno: "ENOENT", path: "/bin" },
      });
      await t.rejects(runtime.run(host.script("f2", "", { process: { args: ["/etc"] } })), {
        message: /execve\("\/etc"\) = EACCES: it is not an executable file/,
      });
      writeFileSync(join(host.rootfs, "bin/garbage"), "neither ELF nor script");
      chmodSync(join(host.rootfs, "bin/garbage"), 0o755);
      await t.rejects(runtime.run(host.script("f3", "", { process: { args: ["garbage"] } })), {
        message: /execve\("\/bin\/garbage"\) = ENOEXEC: .*architecture/,
      });
      rmSync(join(host.rootfs, "bin/garbage"));
      const missing = { config: { mounts: [{ destination: "/x", source: "/nonexistent/source", options: ["bind"] }] } };
      await t.rejects(runtime.run(host.script("f4", "true", missing)), {
        code: "RUNTIME_INVALID_CONFIG",
        details: { path: "mounts[0].source" },
      });
      const noLayer = { request: { root: { type: "volatile-overlay" as const, lower: ["/nonexistent/layer"] } } };
      await t.rejects(runtime.run(host.script("f5", "true", noLayer)), {
        code: "RUNTIME_STEP_FAILED",
        message: /^step \d+ of \d+: mount\("overlay", .*ENOENT/,
        details: { call: /lowerdir/, errno: "ENOENT", why: /root file system/ },
      });
    });

    scenario("more processes: exec", async (t) => {
      await runtime.run(host.script("exec", "sleep 1000", { process: { env: ["PATH=/bin", "A=container"] } }));
      const exec = async (process: Partial<ProcessConfig>, input = ""): Promise<[string, string, number]> => {
        const session = await runtime.exec("exec", {
          process: { cwd: "/", args: ["true"], env: ["PATH=/bin"], ...process },
        });
        session.stdin.end(input);
        const [out, err, { code }] = await Promise.all([
          collect(session.stdout),
          collect(session.stderr),
          session.exit,
        ]);
        return [out, err, code];
      };
      t.strictSame(await exec({ args: ["sh", "-c", "cat; echo problem >&2; exit 7"] }, "hello"), [
        "hello",
        "problem\n",
        7,
      ]);
      t.strictSame(
        await exec({
          args: ["sh", "-c", "hostname; echo $A; pwd; cat /proc/self/cgroup | grep ^0"],
          cwd: "/etc",
          env: ["PATH=/bin", "A=b"],
        }),
        ["box\nb\n/etc\n0::/\n", "", 0],
      );
      t.match((await exec({ args: ["id"], user: { uid: 33, gid: 34 } }))[0], /uid=33 gid=34/);
      t.equal((await exec({ args: ["ls", "/proc/self/fd"] }))[0], "0\n1\n2\n3\n");
      t.match((await exec({ args: ["grep", "CapEff", "/proc/self/status"] }))[0], /0{16}/);
      t.equal((await exec({ args: ["sh", "-c", "kill -9 $$"] }))[2], 137);
      await t.rejects(exec({ args: ["nonesuch"] }), {
        code: "RUNTIME_STEP_FAILED",
        message: /not found in the container's PATH/,
      });
      await t.rejects(exec({ args: ["true"], cwd: "/none" }), {
        message: /openat2\(AT_FDCWD, "\/none".*ENOENT: the path does not exist in the container \(process.cwd\)/,
      });
      await t.rejects(runtime.exec("exec", { process: { cwd: "/", args: [] } }), { code: "RUNTIME_INVALID_CONFIG" });
      await runtime.delete("exec", { force: true });
      await t.rejects(runtime.exec("exec", { process: { cwd: "/", args: ["true"] } }), { code: "RUNTIME_NOT_FOUND" });
    });

    scenario("exec with a terminal", async (t) => {
      await runtime.run(host.script("tty", "sleep 1000"));
      const session = await runtime.exec("tty", {
        process: {
          cwd: "/",
          args: ["sh", "-c", "tty; stty size; read line; stty size; echo got $line; exit 4"],
          env: ["PATH=/bin"],
          terminal: true,
          consoleSize: { width: 80, height: 24 },
        },
      });
      t.equal(session.stderr, undefined);
      const output = collect(session.stdout);
      session.resize(132, 43);
      session.stdin.write("word\n");
      t.match(await session.exit, { code: 4 });
      t.match(await output, /\/dev\/pts\/0\r\n[\s\S]*43 132\r\ngot word\r\n$/);
      await runtime.delete("tty", { force: true });
    });

    scenario("an exec ends with its caller's interest, and the container goes on", async (t) => {
      await runtime.run(host.script("session", "sleep 1000"));
      const abort = new AbortController();
      const session = await runtime.exec("session", {
        process: { cwd: "/", args: ["sleep", "1000"], env: ["PATH=/bin"] },
        signal: abort.signal,
      });
      const { startTime } = readStat(session.pid) ?? {};
      abort.abort();
      t.match(await session.exit, { code: 137, signal: 9 });
      t.not(readStat(session.pid)?.startTime ?? -1, startTime, "its process is gone");
      const other: ExecSession = await runtime.exec("session", {
        process: { cwd: "/", args: ["sleep", "1000"], env: ["PATH=/bin"] },
      });
      other.kill(15);
      t.match(await other.exit, { code: 143, signal: 15 });
      t.match(await runtime.state("session"), { status: "running" });
      await runtime.delete("session", { force: true });
    });

    scenario("all processes of a container are signalled", async (t) => {
      // Without a pid namespace nobody goes by itself.
      const namespaces = scriptConfig("").linux?.namespaces?.filter(({ type }) => type !== "pid") ?? [];
      await runtime.run(
        host.script("all", "sleep 1001 & sleep 1002 & echo ready; wait", {
          linux: { namespaces, maskedPaths: [], readonlyPaths: [] },
        }),
      );
      await until(() => host.output("all") === "ready\n");
      const procs = join(host.cgroupRoot, "drydock/all/cgroup.procs");
      const pids = readFileSync(procs, "utf8").split("\n").filter(Boolean).map(Number);
      t.equal(pids.length, 3);
      await runtime.kill("all", 9, { all: true });
      await runtime.wait("all");
      await until(() => pids.every((pid) => (readStat(pid)?.state ?? "Z") === "Z"));
      await runtime.delete("all");
    });

    scenario("a frozen container is paused", async (t) => {
      await runtime.run(host.script("frozen", "sleep 1000"));
      const cgroup = join(host.cgroupRoot, "drydock/frozen");
      freezeCgroup(cgroup, true);
      await until(async () => (await runtime.state("frozen")).status === "paused");
      await t.rejects(runtime.exec("frozen", { process: { cwd: "/", args: ["true"] } }), {
        code: "RUNTIME_BAD_STATE",
        message: /paused/,
      });
      freezeCgroup(cgroup, false);
      await until(async () => (await runtime.state("frozen")).status === "running");
      await runtime.delete("frozen", { force: true });
    });

    scenario("outlives who started it, and is there for who comes next", async (t) => {
      const starter = fileURLToPath(new URL("./fixtures/start-and-die.ts", import.meta.url));
      const request = join(host.directory, "request.json");
      writeFileSync(
        request,
        JSON.stringify(host.script("orphan", "echo up; trap 'exit 6' TERM; while :; do sleep 0.01; done")),
      );
      const child = spawn(process.execPath, [starter, request, host.stateDir, host.cgroupRoot, executor.name], {
        stdio: ["ignore", "ignore", "inherit"],
      });
      const [, signal] = await once(child, "exit");
      t.equal(signal, "SIGKILL");
      const state = await runtime.state("orphan");
      t.match(state, { status: "running", pid: Number, pidStartTime: Number });
      t.equal(readStat(state.pid ?? 0)?.startTime, state.pidStartTime);
      await until(() => host.output("orphan") === "up\n");
      const session = await runtime.exec("orphan", {
        process: { cwd: "/", args: ["echo", "adopted"], env: ["PATH=/bin"] },
      });
      t.equal(await collect(session.stdout), "adopted\n");
      await runtime.kill("orphan", 15);
      t.match(await runtime.wait("orphan"), { code: 6 });
      await runtime.delete("orphan");
      rmSync(request);
    });

    scenario("is still known when its shim was killed", async (t) => {
      const { pid = 0 } = await runtime.run(
        host.script("bereft", "trap 'exit 6' TERM; echo up; while :; do sleep 0.01; done"),
      );
      await until(() => host.output("bereft") === "up\n");
      process.kill(readStat(pid)?.parent ?? 0, "SIGKILL");
      await until(
        async () => (await runtime.state("bereft")).pid !== undefined && readStat(pid)?.parent !== process.pid,
      );
      t.match(await runtime.state("bereft"), { status: "running", pid });
      const waiting = runtime.wait("bereft");
      await runtime.kill("bereft", 15);
      t.match(await waiting, { code: 255 }, "nobody saw how it ended");
      t.match(await runtime.state("bereft"), { status: "stopped" });
      await runtime.delete("bereft");
    });

    scenario("a start that gets nowhere is deleted by force", async (t) => {
      await runtime.run(host.script("stuck", "sleep 1000"));
      const directory = join(host.stateDir, "stuck");
      const shim = Number(readFileSync(join(directory, "shim")).readBigUInt64LE());
      t.equal(shim, readStat(Number(readFileSync(join(directory, "pid")).readBigUInt64LE()))?.parent);
      // As if the shim had not come as far as the container.
      rmSync(join(directory, "pid"));
      t.match(await runtime.state("stuck"), { status: "creating" });
      await runtime.delete("stuck", { force: true });
    });

    scenario("many at once", async (t) => {
      const count = executor.name === "native" ? 100 : 4;
      const ids = Array.from({ length: count }, (_, index) => `many-${index}`);
      await Promise.all(ids.map((id, index) => runtime.run(host.script(id, `echo ${id}; exit ${index}`))));
      const exits = await Promise.all(ids.map((id) => runtime.wait(id)));
      t.strictSame(
        exits.map(({ code }) => code),
        ids.map((_, index) => index),
      );
      t.ok(ids.every((id) => host.output(id) === `${id}\n`));
      await Promise.all(ids.map((id) => runtime.delete(id)));
    });

    scenario("leaves the caller as it was", async (t) => {
      const before = {
        fds: readdirSync("/proc/self/fd").length,
        groups: readStatus("self").groups,
        cgroup: readFileSync("/proc/self/cgroup", "utf8"),
      };
      for (let index = 0; index < 3; index++) await runScript(`same-${index}`, "true");
      t.equal(readdirSync("/proc/self/fd").length, before.fds, "no descriptor more");
      t.strictSame(
        { groups: readStatus("self").groups, cgroup: readFileSync("/proc/self/cgroup", "utf8") },
        { groups: before.groups, cgroup: before.cgroup },
      );
      const zombies = execFileSync("ps", ["--ppid", String(process.pid), "-o", "stat="], { encoding: "utf8" })
        .split("\n")
        .filter((line) => line.startsWith("Z"));
      t.strictSame(zombies, [], "no zombie");
    });
  });
}

async function collect(stream: NodeJS.ReadableStream | undefined): Promise<string> {
  let text = "";
  if (stream) for await (const chunk of stream) text += chunk.toString();
  return text;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error("waited 10 s in vain");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

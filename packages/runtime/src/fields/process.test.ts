import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { chooseExecutor } from "@drydock/linux";
import t from "tap";
import { collect, makeTestHost, scriptConfig } from "../fixtures/test-host.ts";

t.setTimeout(120_000);

t.test("fields of the process", async (t) => {
  const host = makeTestHost(chooseExecutor());
  t.teardown(() => host.dispose());
  /** A container that sleeps, looked at from the host. */
  const look = async <Result>(id: string, changes: object, see: (pid: number) => Result | Promise<Result>) => {
    const { pid = 0 } = await host.runtime.run(host.script(id, "exec sleep 1000", changes));
    const result = await see(pid);
    await host.runtime.delete(id, { force: true });
    return result;
  };
  const onHost = (program: string, ...args: string[]): string => execFileSync(program, args, { encoding: "utf8" });

  await t.test("ioPriority and scheduler", async (t) => {
    const io = { class: "IOPRIO_CLASS_BE", priority: 6 };
    t.equal(
      await look("io", { process: { ioPriority: io } }, (pid) => onHost("ionice", "-p", String(pid))),
      "best-effort: prio 6\n",
    );
    const batch = { policy: "SCHED_BATCH", nice: 7, flags: ["SCHED_FLAG_RESET_ON_FORK"] };
    const seen = await look("batch", { process: { scheduler: batch } }, (pid) => [
      onHost("chrt", "-p", String(pid)),
      onHost("ps", "-o", "ni=", "-p", String(pid)).trim(),
    ]);
    t.match(seen[0], /SCHED_BATCH\|SCHED_RESET_ON_FORK/);
    t.equal(seen[1], "7");
    t.match(
      await look("idle", { process: { scheduler: { policy: "SCHED_IDLE" } } }, (pid) =>
        onHost("chrt", "-p", String(pid)),
      ),
      /SCHED_IDLE/,
    );
  });

  await t.test("execCPUAffinity is for exec, and not for the first process", async (t) => {
    const affinity = { initial: "0-1", final: "0" };
    const cpus = (text: string) => /Cpus_allowed_list:\s+(\S+)/.exec(text)?.[1];
    const [first, second] = await look("cpus", { process: { execCPUAffinity: affinity } }, async (pid) => {
      const session = await host.runtime.exec("cpus", {
        process: {
          cwd: "/",
          args: ["cat", "/proc/self/status"],
          env: ["PATH=/bin"],
          execCPUAffinity: affinity,
        },
      });
      return [cpus(readFileSync(`/proc/${pid}/status`, "utf8")), cpus(await collect(session.stdout))];
    });
    t.equal(second, "0");
    t.equal(first, cpus(readFileSync("/proc/self/status", "utf8")));
    await t.rejects(
      look("none", {}, () =>
        host.runtime.exec("none", {
          process: { cwd: "/", args: ["true"], env: ["PATH=/bin"], execCPUAffinity: { final: "900" } },
        }),
      ),
      { code: "RUNTIME_STEP_FAILED", message: /none of these CPUs is there/ },
    );
    await host.runtime.delete("none", { force: true });
  });

  await t.test("personality, also of an exec", async (t) => {
    const personality = { domain: "LINUX32" };
    await look("p32", { linux: { personality } }, async () => {
      const session = await host.runtime.exec("p32", {
        process: { cwd: "/", args: ["busybox", "uname", "-m"], env: ["PATH=/bin"] },
      });
      t.match(await collect(session.stdout), process.arch === "x64" ? /^i686\n$/ : /^armv/);
    });
  });

  await t.test("a time namespace, with offsets", async (t) => {
    const namespaces = [...(scriptConfig("").linux?.namespaces ?? []), { type: "time" as const }];
    const days = 86_400;
    const timeOffsets = { boottime: { secs: 1000 * days }, monotonic: { secs: 5 * days, nanosecs: 1 } };
    const up = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
    await look("time", { linux: { namespaces, timeOffsets } }, async (pid) => {
      t.match(readFileSync(`/proc/${pid}/timens_offsets`, "utf8"), /monotonic\s+432000\s+1\nboottime\s+86400000\s+0\n/);
      const session = await host.runtime.exec("time", {
        process: { cwd: "/", args: ["cat", "/proc/uptime"], env: ["PATH=/bin"] },
      });
      const inside = Number((await collect(session.stdout)).split(" ")[0]);
      t.ok(inside >= up + 1000 * days, "an exec has the same clocks");
    });
    await t.rejects(
      look("past", { linux: { namespaces, timeOffsets: { boottime: { secs: -1000 * days } } } }, () => {}),
      { code: "RUNTIME_STEP_FAILED", message: /before its beginning/ },
    );
    const { pid: other } = await host.runtime.run(
      host.script("keeper", "sleep 1000", { linux: { namespaces, timeOffsets } }),
    );
    const joined = [
      ...(scriptConfig("").linux?.namespaces ?? []),
      { type: "time" as const, path: `/proc/${other}/ns/time` },
    ];
    await look("guest", { linux: { namespaces: joined } }, (pid) =>
      t.match(readFileSync(`/proc/${pid}/timens_offsets`, "utf8"), /boottime\s+86400000/, "joined by its path"),
    );
    await host.runtime.delete("keeper", { force: true });
  });

  await t.test("memoryPolicy", async (t) => {
    const memoryPolicy = { mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES"] };
    if (!existsSync("/proc/self/numa_maps")) {
      t.comment("skipped: this kernel has no NUMA policies");
      return;
    }
    t.match(
      await look("numa", { linux: { memoryPolicy } }, (pid) => readFileSync(`/proc/${pid}/numa_maps`, "utf8")),
      /bind=static:0/,
    );
  });

  await t.test("domainname, umask, groups and every limit", async (t) => {
    const rlimits = ["AS", "CORE", "CPU", "DATA", "FSIZE", "LOCKS", "MEMLOCK", "MSGQUEUE", "NICE", "NOFILE", "NPROC"]
      .concat("RSS", "RTPRIO", "RTTIME", "SIGPENDING", "STACK")
      .map((name) => ({ type: `RLIMIT_${name}`, soft: 0, hard: 0 }));
    const limit = (name: string) => rlimits.find(({ type }) => type === `RLIMIT_${name}`) ?? { soft: 0, hard: 0 };
    Object.assign(limit("NOFILE"), { soft: 50, hard: 60 });
    for (const name of ["AS", "CPU", "DATA", "FSIZE", "STACK"]) {
      Object.assign(limit(name), { soft: 2 ** 30, hard: 2 ** 30 });
    }
    const user = { uid: 0, gid: 7, umask: 0o077, additionalGids: [8, 9] };
    const seen = await look("limits", { config: { domainname: "example" }, process: { rlimits, user } }, (pid) => [
      readFileSync(`/proc/${pid}/limits`, "utf8"),
      readFileSync(`/proc/${pid}/status`, "utf8"),
      readFileSync(`/proc/${pid}/root/proc/sys/kernel/domainname`, "utf8"),
    ]);
    t.match(seen[0], /Max open files\s+50\s+60/);
    t.match(seen[0], /Max address space\s+1073741824\s+1073741824/);
    t.equal(seen[0]?.match(/\s0\s+0\s/g)?.length, rlimits.length - 6, "all others are nothing");
    t.match(seen[1], /Umask:\t0077/);
    t.match(seen[1], /Groups:\t8 9 ?\n/);
    const session = await host.runtime.run(
      host.script("domain", "cat /proc/sys/kernel/domainname", { config: { domainname: "example" } }),
    );
    t.ok(session);
    await host.runtime.wait("domain");
    t.equal(host.output("domain"), "example\n");
    await host.runtime.delete("domain");
  });

  t.strictSame(host.leftovers(), [], "nothing is left");
});

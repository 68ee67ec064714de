import { readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { directExecutor, nativeExecutor, readStatus } from "@drydock/linux";
import t, { type Test } from "tap";
import { makeTestHost, scriptConfig } from "../fixtures/test-host.ts";
import type { Hook } from "../types.ts";

const executors = process.arch === "x64" ? [nativeExecutor, directExecutor] : [directExecutor];

// The direct executor boots Node for each launch, on a machine that may be busy.
t.setTimeout(240_000);

for (const executor of executors) {
  t.test(`create and start by the ${executor.name} executor`, async (t) => {
    const host = makeTestHost(executor);
    const { runtime } = host;
    t.teardown(() => host.dispose());
    const scenario = (name: string, body: (t: Test) => Promise<void>): void =>
      void t.test(name, async (t) => {
        await body(t);
        t.strictSame(host.leftovers(), [], "nothing is left");
      });
    /** What the kernel or Node do, whoever makes the system calls: once is enough. */
    const once = executor === executors[0] ? scenario : () => {};

    scenario("nothing of the container's own runs before start", async (t) => {
      const created = await runtime.create(
        host.script("two", "echo started; cat /proc/self/mountinfo | wc -l; exit 3"),
      );
      t.match(created, { id: "two", status: "created", pid: Number });
      t.equal(created.started, undefined);
      const pid = created.pid ?? 0;
      t.notMatch(readlinkSync(`/proc/${pid}/root`), host.directory, "its root is the container's");
      t.same(readStatus(pid).namespacePids.at(-1), 1);
      t.equal(host.output("two"), "");
      const kept = readdirSync(`/proc/${pid}/fd`).map(Number);
      t.same(
        kept.filter((fd) => fd > 3 && fd < 100),
        [],
        "it waits with few descriptors",
      );
      await t.rejects(runtime.create(host.script("two", "true")), { code: "RUNTIME_EXISTS" });
      await t.rejects(runtime.delete("two"), { code: "RUNTIME_BAD_STATE" });
      const started = await runtime.start("two");
      t.match(started, { started: /^20/ });
      await t.rejects(runtime.start("two"), { code: "RUNTIME_BAD_STATE" });
      t.match(await runtime.wait("two"), { code: 3 });
      t.match(host.output("two"), /^started\n\d+\n$/);
      await t.rejects(runtime.start("two"), { code: "RUNTIME_BAD_STATE", message: /is stopped, not created/ });
      await runtime.delete("two");
    });

    once("one of many starts at once is the start", async (t) => {
      await runtime.create(host.script("race", "echo once; exit 0"));
      const all = await Promise.allSettled([1, 2, 3, 4].map(() => runtime.start("race")));
      t.equal(all.filter(({ status }) => status === "fulfilled").length, 1);
      await runtime.wait("race");
      t.equal(host.output("race"), "once\n");
      await runtime.delete("race");
    });

    scenario("what cannot be executed is told by start, with its step, and is stopped", async (t) => {
      const request = host.script("none", "", { process: { args: ["/none"] } });
      await runtime.create(request);
      await t.rejects(runtime.start("none"), {
        code: "RUNTIME_STEP_FAILED",
        message: /step \d+ of \d+: execve\("\/none"\) = ENOENT/,
      });
      await runtime.wait("none");
      t.match(await runtime.state("none"), { status: "stopped" });
      await runtime.delete("none");
      await t.rejects(
        runtime.create(
          host.script("bad", "", {
            config: { root: { path: "/none" } },
            request: { root: { type: "directory", path: "/none" } },
          }),
        ),
        {
          code: "RUNTIME_STEP_FAILED",
        },
      );
    });

    once("one that is never started is killed, or deleted by force", async (t) => {
      await runtime.create(host.script("killed", "true"));
      await runtime.kill("killed", 9);
      t.match(await runtime.wait("killed"), { code: 137 });
      await t.rejects(runtime.start("killed"), { code: "RUNTIME_BAD_STATE" });
      await runtime.delete("killed");
      await runtime.create(host.script("killed", "true"));
      await runtime.kill("killed", 28);
      t.match(await runtime.state("killed"), { status: "created" }, "SIGWINCH does nothing to it");
      await runtime.kill("killed", 15);
      t.match(await runtime.wait("killed"), { code: 137 }, "SIGTERM ends it, though it is pid 1");
      await runtime.delete("killed");
      await runtime.create(host.script("forced", "true"));
      await runtime.delete("forced", { force: true });
    });

    scenario("handed over to its caller: no process of ours beside it, and it is found all the same", async (t) => {
      const created = await runtime.create({ ...host.script("given", "sleep 1000"), parent: "caller" });
      const parent = readStatus(created.pid ?? 0).parent;
      t.notMatch(readFileSync(`/proc/${parent}/cmdline`, "utf8"), "drydock-shim");
      t.match(await runtime.state("given"), { status: "created", pid: created.pid });
      await runtime.start("given");
      t.match(await runtime.state("given"), { status: "running", pid: created.pid });
      await runtime.kill("given", 9);
      await runtime.wait("given");
      t.match(await runtime.state("given"), { status: "stopped" });
      await runtime.delete("given");
      await runtime.create({ ...host.script("given", "true"), parent: "caller" });
      await runtime.delete("given", { force: true });
    });

    once("pause, resume, processes, statistics", async (t) => {
      await runtime.run(host.script("frozen", "while :; do sleep 0.01; done"));
      await runtime.pause("frozen");
      t.match(await runtime.state("frozen"), { status: "paused" });
      await t.rejects(runtime.pause("frozen"), { code: "RUNTIME_BAD_STATE" });
      await t.rejects(runtime.exec("frozen", { process: { cwd: "/", args: ["true"] } }), { code: "RUNTIME_BAD_STATE" });
      await runtime.resume("frozen");
      const { pid } = await runtime.state("frozen");
      t.ok((await runtime.processes("frozen")).includes(pid ?? 0));
      t.ok(((await runtime.stats("frozen")).cpu.usage.total ?? 0) > 0);
      t.equal(await runtime.oomKills("frozen"), 0);
      await runtime.pause("frozen");
      await runtime.delete("frozen", { force: true });
      await t.rejects(runtime.resume("frozen"), { code: "RUNTIME_NOT_FOUND" });
    });

    scenario("hooks: when and where each kind runs, and what it is told", async (t) => {
      const log = join(host.directory, "hooks.log");
      writeFileSync(log, "");
      // In the container's namespaces after pivot_root only what the image has is there.
      const note = (kind: string): string =>
        `read state; echo "${kind} $(readlink /proc/self/ns/uts) $(hostname) $A $state" >> ${log}`;
      const outside = (kind: string) => [
        { path: "/bin/sh", args: ["hook", "-c", note(kind)], env: [`A=${kind}`, "PATH=/usr/bin:/bin"] },
      ];
      const request = host.script("hooked", "cat /hooked; readlink /proc/self/ns/uts", {
        config: {
          annotations: { a: "b" },
          hooks: {
            prestart: outside("prestart"),
            createRuntime: outside("createRuntime"),
            createContainer: outside("createContainer"),
            startContainer: [
              {
                path: "/bin/sh",
                args: ["sh", "-c", "read state; echo $state > /hooked; id -u >> /hooked"],
                env: ["PATH=/bin"],
              },
            ],
            poststart: outside("poststart"),
            poststop: outside("poststop"),
          },
        },
      });
      await runtime.create({ ...request, bundle: "/the/bundle" });
      const own = readlinkSync("/proc/self/ns/uts");
      const lines = (): string[][] =>
        readFileSync(log, "utf8")
          .split("\n")
          .filter(Boolean)
          .map((line) => line.split(" "));
      t.same(
        lines().map(([kind]) => kind),
        ["prestart", "createRuntime", "createContainer"],
      );
      const { pid } = await runtime.state("hooked");
      const stateOf = (line: string[] | undefined) => JSON.parse(line?.slice(4).join(" ") ?? "");
      const [prestart, createRuntime, createContainer] = lines();
      for (const line of [prestart, createRuntime]) {
        t.equal(line?.[1], own, "in the runtime's namespaces");
        t.same(stateOf(line), {
          ociVersion: "1.0.2",
          id: "hooked",
          status: "creating",
          pid,
          bundle: "/the/bundle",
          annotations: { a: "b" },
        });
      }
      t.not(createContainer?.[1], own, "in the container's namespaces");
      t.equal(createContainer?.[3], "createContainer", "with its own environment");
      t.match(stateOf(createContainer), { status: "creating", pid: 1 });
      await runtime.start("hooked");
      await runtime.wait("hooked");
      const [state = "", user, namespace] = host.output("hooked").split("\n");
      t.match(JSON.parse(state), { status: "created", pid: 1, id: "hooked" });
      t.same([user, namespace === own], ["0", false]);
      t.match(lines().at(-1), ["poststart", own]);
      t.match(stateOf(lines().at(-1)), { status: "running", pid });
      await runtime.delete("hooked");
      t.match(lines().at(-1), ["poststop", own]);
      t.match(stateOf(lines().at(-1)), { status: "stopped", pid: 0 });
    });

    once("hooks that fail or hang: the container is not made, and poststop runs", async (t) => {
      const mark = join(host.directory, "poststop");
      const poststop = [{ path: "/bin/sh", args: ["sh", "-c", `echo stopped >> ${mark}`] }];
      const failing = [{ path: "/bin/sh", args: ["sh", "-c", "echo because >&2; exit 3"] }];
      const hanging = [{ path: "/bin/sh", args: ["sh", "-c", "exec sleep 1000"], env: ["PATH=/bin"], timeout: 1 }];
      for (const kind of ["prestart", "createRuntime", "createContainer", "startContainer"] as const) {
        const cases: [hooks: Hook[], message: RegExp][] = [
          [failing, new RegExp(`hooks.${kind}\\[0\\]: /bin/sh: exit code 3: because`)],
        ];
        // Once outside of the container and once inside: each takes its second.
        if (kind === "createRuntime" || kind === "startContainer") {
          cases.push([hanging, new RegExp(`hooks.${kind}\\[0\\]: /bin/sh: no end within 1 s`)]);
        }
        for (const [hooks, message] of cases) {
          writeFileSync(mark, "");
          const request = host.script("failing", "echo never", { config: { hooks: { [kind]: hooks, poststop } } });
          await t.rejects(runtime.run(request), { code: "RUNTIME_HOOK_FAILED", message }, `${kind} ${message}`);
          t.equal(readFileSync(mark, "utf8"), "stopped\n", kind);
          t.notMatch(host.output("failing"), "never");
          t.strictSame(host.leftovers(), [], kind);
        }
      }
      const lenient = host.script("lenient", "echo ran", {
        config: { hooks: { poststart: failing, poststop: failing } },
      });
      await runtime.run(lenient);
      t.match(await runtime.wait("lenient"), { code: 0 });
      await runtime.delete("lenient");
    });

    once("a hook that is not there", async (t) => {
      const hooks = { createRuntime: [{ path: "/none/hook" }] };
      await t.rejects(runtime.run(host.script("missing", "true", { config: { hooks } })), {
        code: "RUNTIME_HOOK_FAILED",
        message: /\/none\/hook.*ENOENT/,
      });
      const inside = { startContainer: [{ path: "/none/hook" }] };
      await t.rejects(runtime.run(host.script("missing", "true", { config: { hooks: inside } })), {
        code: "RUNTIME_HOOK_FAILED",
        message: /\/none\/hook/,
      });
    });

    once("createContainer hooks find the container's mounts below root.path", async (t) => {
      const found = join(host.directory, "found");
      const link = join(host.directory, "link");
      symlinkSync(host.rootfs, link);
      const hook = { path: "/bin/sh", args: ["sh", "-c", `ls ${host.rootfs}/dev > ${found}`], env: ["PATH=/bin"] };
      const config = scriptConfig("true", {
        config: { root: { path: link }, hooks: { createContainer: [hook] } },
      });
      await runtime.run({ id: "mounts", config });
      await runtime.wait("mounts");
      await runtime.delete("mounts");
      t.match(readFileSync(found, "utf8"), /^null$/m);
      t.same(readdirSync(join(host.rootfs, "dev")), [], "and the host sees none of them");
    });
  });
}

t.test("hooks that are not as the runtime-spec says are refused", async (t) => {
  const host = makeTestHost(nativeExecutor);
  t.teardown(() => host.dispose());
  for (const [hooks, path] of [
    [{ prestart: [{ path: "bin/sh" }] }, "hooks.prestart[0].path"],
    [{ poststop: [{ args: [] }] }, "hooks.poststop[0].path"],
    [{ poststart: [{ path: "/bin/sh", timeout: 0 }] }, "hooks.poststart[0].timeout"],
    [{ poststart: [{ path: "/bin/sh", env: ["A"] }] }, "hooks.poststart[0].env"],
    [{ before: [] }, "hooks.before"],
  ] as const) {
    const request = host.script("refused", "true", { config: { hooks: hooks as never } });
    await t.rejects(host.runtime.run(request), { code: "RUNTIME_INVALID_CONFIG", details: { path } }, path);
  }
});

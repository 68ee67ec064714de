import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { directExecutor, nativeExecutor, type SeccompProfile } from "@drydock/linux";
import t from "tap";
import { collect, makeTestHost } from "../fixtures/test-host.ts";
import {
  capabilitySetsFor,
  defaultCapabilityNames,
  defaultSeccompProfile,
  type ProcessConfig,
  planContainer,
  printPlan,
  validateConfig,
} from "../index.ts";

const executors = process.arch === "x64" ? [nativeExecutor, directExecutor] : [directExecutor];

t.setTimeout(120_000);

/** Everything is allowed but what the rules say. */
const except = (...syscalls: NonNullable<SeccompProfile["syscalls"]>): SeccompProfile => ({
  defaultAction: "SCMP_ACT_ALLOW",
  syscalls,
});

for (const executor of executors) {
  t.test(`seccomp by the ${executor.name} executor`, async (t) => {
    const host = makeTestHost(executor);
    t.teardown(() => host.dispose());
    const runScript = async (
      id: string,
      text: string,
      seccomp: SeccompProfile,
      process: Partial<ProcessConfig> = {},
    ) => {
      await host.runtime.run(host.script(id, text, { process, linux: { seccomp } }));
      const exit = await host.runtime.wait(id);
      await host.runtime.delete(id);
      return { output: host.output(id), code: exit.code, signal: exit.signal };
    };
    const mkdirs = ["mkdir", "mkdirat"];

    await t.test("an errno of the profile's own, with and without no_new_privs", async (t) => {
      const seccomp = except({ names: mkdirs, action: "SCMP_ACT_ERRNO", errnoRet: 28 });
      for (const noNewPrivileges of [true, false]) {
        const { output } = await runScript(`errno-${noNewPrivileges}`, "mkdir /tmp/x; ls -d /tmp", seccomp, {
          noNewPrivileges,
        });
        t.match(output, /No space left on device\n\/tmp\n$/);
      }
    });

    await t.test("an exec gets the container's filter, and nobody is left without", async (t) => {
      const seccomp = except({ names: mkdirs, action: "SCMP_ACT_ERRNO", errnoRet: 28 });
      const { pid = 0 } = await host.runtime.run(host.script("exec", "exec sleep 1000", { linux: { seccomp } }));
      t.match(readFileSync(`/proc/${pid}/status`, "utf8"), /Seccomp:\s+2\n/);
      const session = await host.runtime.exec("exec", {
        process: { cwd: "/", args: ["mkdir", "/tmp/x"], env: ["PATH=/bin"], noNewPrivileges: true },
      });
      t.match(await collect(session.stderr ?? session.stdout), /No space left on device/);
      t.ok(existsSync(join(host.stateDir, "exec/seccomp.bpf")));
      await host.runtime.delete("exec", { force: true });
      t.strictSame(host.leftovers(), []);
    });

    // What follows is the kernel's doing, whoever has installed the filter.
    if (executor === directExecutor && executors.length > 1) return;

    await t.test("an ordinary user, without no_new_privs", async (t) => {
      const seccomp = except({ names: mkdirs, action: "SCMP_ACT_ERRNO" });
      const user = { uid: 1000, gid: 1000 };
      const { output } = await runScript("user", "id -u; mkdir /tmp/x", seccomp, { user, noNewPrivileges: false });
      t.match(output, /^1000\n.*Operation not permitted/);
    });

    await t.test("kill: the process ends by SIGSYS", async (t) => {
      const seccomp = except({ names: mkdirs, action: "SCMP_ACT_KILL_PROCESS" });
      t.match(await runScript("kill", "exec mkdir /tmp/x", seccomp), { signal: 31 });
    });

    await t.test("Docker's default profile", async (t) => {
      const names = [...defaultCapabilityNames];
      const capabilities = capabilitySetsFor(names);
      const text =
        "cat /proc/self/status | grep Seccomp:; echo a > /tmp/a && cat /tmp/a; mount -t tmpfs none /tmp; ls / | wc -l";
      for (const noNewPrivileges of [true, false]) {
        const { output } = await runScript(`default-${noNewPrivileges}`, text, defaultSeccompProfile(names), {
          capabilities,
          noNewPrivileges,
        });
        t.match(output, /^Seccomp:\s+2\na\n.*\n\d+\n$/s);
        t.match(output, /mount: .*(not permitted|denied)/);
      }
    });

    await t.test("a filter that forbids execve is told as such", async (t) => {
      const seccomp = except({ names: ["execve"], action: "SCMP_ACT_ERRNO", errnoRet: 13 });
      await t.rejects(host.runtime.run(host.script("none", "true", { linux: { seccomp } })), {
        code: "RUNTIME_STEP_FAILED",
      });
      t.strictSame(host.leftovers(), []);
    });
  });
}

t.test("the plan shows where the filter is installed", async (t) => {
  const host = makeTestHost(nativeExecutor);
  t.teardown(() => host.dispose());
  const plan = (noNewPrivileges: boolean): string[] =>
    printPlan(
      planContainer(
        host.script("plan", "true", {
          process: { noNewPrivileges },
          linux: { seccomp: { ...defaultSeccompProfile([]), flags: ["SECCOMP_FILTER_FLAG_LOG"] } },
        }),
        { stateDir: "/run" },
      ),
    ).split("\n");
  const at = (lines: string[], text: string): number => lines.findIndex((line) => line.includes(text));
  const late = plan(true);
  t.match(
    late[at(late, "seccomp(")],
    /seccomp\(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &seccompFilter\).*\d+ instructions/,
  );
  t.equal(at(late, "seccomp("), at(late, "PR_SET_NO_NEW_PRIVS") + 1);
  const early = plan(false);
  t.ok(at(early, "seccomp(") < at(early, "PR_CAPBSET_DROP"));
});

t.test("what is wrong with a profile is told with its path", async (t) => {
  const config = (seccomp: object) => ({
    ociVersion: "1.0.2",
    root: { path: "/" },
    process: { cwd: "/", args: ["true"] },
    linux: { namespaces: [{ type: "mount" }], seccomp },
  });
  const rule = (more: object) => ({
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ names: ["read"], action: "SCMP_ACT_ERRNO", ...more }],
  });
  const arg = (more: object) => rule({ args: [{ index: 0, value: 1, op: "SCMP_CMP_EQ", ...more }] });
  const cases: [object, string, RegExp][] = [
    [{ defaultAction: "SCMP_ACT_NOTIFY" }, "defaultAction", /answers for the container/],
    [{ defaultAction: "SCMP_ACT_ALLOWED" }, "defaultAction", /did you mean SCMP_ACT_ALLOW\?/],
    [{ defaultAction: "SCMP_ACT_ALLOW", defaultErrnoRet: 1 }, "defaultErrnoRet", /takes no number/],
    [{ defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/run/x" }, "listenerPath", /SCMP_ACT_NOTIFY/],
    [{ defaultAction: "SCMP_ACT_ALLOW", flags: ["SECCOMP_FILTER_FLAG_NEW"] }, "flags[0]", /not supported/],
    [{ defaultAction: "SCMP_ACT_ALLOW", architectures: ["x86"] }, "architectures[0]", /not supported/],
    [rule({ names: [] }), "syscalls[0].names", /is empty/],
    [rule({ errnoRet: 5000 }), "syscalls[0].errnoRet", /0 to 4095/],
    [rule({ action: "SCMP_ACT_KILL", errnoRet: 1 }), "syscalls[0].errnoRet", /takes no number/],
    [arg({ index: 6 }), "syscalls[0].args[0].index", /0 to 5/],
    [arg({ op: "EQ" }), "syscalls[0].args[0].op", /not supported/],
    [arg({ value: 2 ** 60 }), "syscalls[0].args[0].value", /cannot be read exactly/],
  ];
  for (const [seccomp, path, text] of cases) {
    try {
      validateConfig(config(seccomp));
      t.fail(path);
    } catch (error) {
      const { message, hint, details } = error as { message: string; hint?: string; details: { path: string } };
      t.equal(details.path, `linux.seccomp.${path}`);
      t.match(`${message} ${hint}`, text);
    }
  }
  t.ok(validateConfig(config(arg({ value: 2 ** 64 }))));
  t.ok(
    validateConfig(config({ ...defaultSeccompProfile([]), architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_S390X"] })),
  );
});

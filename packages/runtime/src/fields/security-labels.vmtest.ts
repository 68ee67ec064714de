import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { labelFiles, nativeExecutor } from "@drydock/linux";
import t from "tap";
import { collect, makeTestHost } from "../fixtures/test-host.ts";

/** Labels of SELinux and AppArmor, where the machine's kernel has one of them: it can have one at a time. */
t.setTimeout(120_000);

const host = makeTestHost(nativeExecutor);
const { runtime } = host;
t.teardown(() => host.dispose());

/** Switched on with this mount, which init does on machines that use SELinux; there is no policy. */
function withoutSeLinux(): string | undefined {
  if (existsSync("/sys/fs/selinux/enforce")) return undefined;
  const { status } = spawnSync("mount", ["-t", "selinuxfs", "none", "/sys/fs/selinux"]);
  return status === 0 ? undefined : "this kernel runs without SELinux";
}

function withoutAppArmor(): string | undefined {
  if (labelFiles().appArmor === undefined) return "this kernel runs without AppArmor";
  return spawnSync("apparmor_parser", ["--version"]).status === 0 ? undefined : "apparmor_parser is not installed";
}

/** What the first process of a container, and a further one, find in their own label file. */
async function labels(id: string, process: object, exec: object): Promise<string[]> {
  const show = "cat /proc/self/attr/current; echo; sleep 1000";
  await runtime.run(host.script(id, show, { process }));
  await host.until(() => host.output(id).includes("\n"));
  const session = await runtime.exec(id, {
    process: { cwd: "/", args: ["cat", "/proc/self/attr/current"], env: ["PATH=/bin"], ...exec },
  });
  const [other] = await Promise.all([collect(session.stdout), session.exit]);
  await runtime.delete(id, { force: true });
  return [host.output(id), other].map((text) => text.replaceAll("\0", "").trim());
}

const noSeLinux = withoutSeLinux();
t.test("process.selinuxLabel", noSeLinux ? { skip: noSeLinux } : {}, async (t) => {
  // Before a policy is loaded the kernel has the labels that it begins with, and everybody has the first.
  const before = readFileSync("/proc/self/attr/current", "utf8").replaceAll("\0", "").trim();
  t.equal(before, "kernel");
  t.same(await labels("selinux", { selinuxLabel: "file" }, { selinuxLabel: "unlabeled" }), ["file", "unlabeled"]);
});

const noAppArmor = withoutAppArmor();
t.test("process.apparmorProfile", noAppArmor ? { skip: noAppArmor } : {}, async (t) => {
  if (!existsSync("/sys/kernel/security/apparmor"))
    execFileSync("mount", ["-t", "securityfs", "none", "/sys/kernel/security"]);
  const profile = join(host.directory, "profile");
  const rules = "file, capability, network, signal, ptrace, deny /etc/** w,";
  writeFileSync(profile, `profile drydock-test flags=(attach_disconnected) {\n  ${rules}\n}\n`);
  execFileSync("apparmor_parser", ["--replace", "--skip-cache", profile]);
  t.teardown(() => execFileSync("apparmor_parser", ["--remove", profile]));
  const confined = "drydock-test (enforce)";
  const unconfined = { apparmorProfile: "unconfined" };
  const named = { apparmorProfile: "drydock-test" };
  t.same(await labels("confined", named, named), [confined, confined]);
  t.same(await labels("free", unconfined, named), ["unconfined", confined]);

  await runtime.run(host.script("denied", "touch /tmp/a && echo made; touch /etc/a && echo made", { process: named }));
  await runtime.wait("denied");
  t.match(host.output("denied"), /^made\ntouch: \/etc\/a: Permission denied\n$/, "the profile is in force");
  await runtime.delete("denied");

  await t.rejects(runtime.run(host.script("none", "true", { process: { apparmorProfile: "no-such-profile" } })), {
    code: "RUNTIME_STEP_FAILED",
    message: /write.*exec no-such-profile.*ENOENT/,
  });
  t.strictSame(host.leftovers(), []);
});

/** drydock runtime as a user types it: bundles, without a cluster. */
import { spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { RuntimeConfig } from "@drydock/runtime";
import t from "tap";
import { type Outcome, outcomeOf } from "./cli/drydock.ts";

// Each command boots Node, on a machine that may be busy.
t.setTimeout(240_000);
const root = resolve(import.meta.dirname, "../..");
const launcher = join(root, "bin/drydock-runtime");
const directory = mkdtempSync(join(tmpdir(), "drydock-runtime-cli-"));
const stateDir = join(directory, "state");
const unique = directory.slice(-6);
t.teardown(async () => {
  const { stdout } = await runtime("list", "-q");
  for (const id of stdout.split("\n").filter(Boolean)) await runtime("delete", "--force", id);
  rmSync(directory, { recursive: true, force: true });
});

function start(args: readonly string[]) {
  return spawn(launcher, ["--root", stateDir, ...args], { stdio: ["pipe", "pipe", "pipe"] });
}

function runtime(...args: string[]): Promise<Outcome> {
  const child = start(args);
  child.stdin.end();
  return outcomeOf(child);
}

async function bundle(
  name: string,
  script: string,
  change: (config: RuntimeConfig) => void = () => {},
): Promise<string> {
  const path = join(directory, name);
  const bin = join(path, "rootfs/bin");
  mkdirSync(bin, { recursive: true });
  copyFileSync("/bin/busybox", join(bin, "busybox"));
  for (const applet of ["sh", "sleep", "echo", "cat", "hostname", "tty", "id"])
    symlinkSync("busybox", join(bin, applet));
  const { code, stderr } = await runtime("spec", "--bundle", path, "--", "sh", "-c", script);
  if (code !== 0) throw new Error(stderr);
  const file = join(path, "config.json");
  const config = JSON.parse(readFileSync(file, "utf8")) as RuntimeConfig;
  change(config);
  writeFileSync(file, JSON.stringify(config));
  return path;
}

const idOf = (name: string): string => `${name}-${unique}`;

t.test("run: streams and exit code are the container's, and nothing is left", async (t) => {
  const path = await bundle("echo", "read line; echo got $line; echo oops >&2; exit 3");
  const child = start(["run", "--bundle", path, idOf("echo")]);
  child.stdin.end("this\n");
  t.match(await outcomeOf(child), { code: 3, stdout: "got this\n", stderr: /oops/ });
  t.equal((await runtime("list", "-q")).stdout, "");
});

t.test("run: a signal to the command is one to the container", async (t) => {
  const path = await bundle("trap", "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.05; done");
  const child = start(["run", "--bundle", path, idOf("trap")]);
  child.stdout.once("data", () => child.kill("SIGTERM"));
  t.match(await outcomeOf(child), { code: 7, stdout: "up\nbye\n" });
});

t.test("run: a terminal", async (t) => {
  const path = await bundle("tty", "tty; test -c /dev/console && echo console", ({ process }) => {
    process.terminal = true;
  });
  t.match(await runtime("run", "--bundle", path, idOf("tty")), { code: 0, stdout: /console\r\n/ });
  t.match(await runtime("run", "--detach", "--bundle", path, idOf("tty")), { code: 2, stderr: /nobody would hold/ });
});

t.test("run --detach, state, list, ps, exec, kill, delete", async (t) => {
  const id = idOf("long");
  const path = await bundle("long", "trap 'exit 5' TERM; while :; do sleep 0.05; done");
  const pidFile = join(directory, "pid");
  // Its streams are the container's for as long as it runs, so they lead nowhere here.
  const child = spawn(launcher, ["--root", stateDir, "run", "--detach", "--pid-file", pidFile, "--bundle", path, id], {
    stdio: "ignore",
  });
  t.equal((await outcomeOf(child)).code, 0);
  const state = JSON.parse((await runtime("state", id)).stdout);
  t.match(state, { ociVersion: /^1\./, id, status: "running", owner: "" });
  t.equal(String(state.pid), readFileSync(pidFile, "utf8"));
  t.match((await runtime("list")).stdout, new RegExp(`${id} +${state.pid} +running`));
  t.match((await runtime("ps", id)).stdout, new RegExp(`${state.pid} .*sh -c trap`));

  t.match(await runtime("exec", id, "--", "hostname"), { code: 0, stdout: "drydock\n" });
  t.match(await runtime("exec", "-e", "A=b", "-u", "5:6", id, "--", "sh", "-c", "id; echo $A; exit 4"), {
    code: 4,
    stdout: /uid=5 gid=6[\s\S]*b\n/,
  });
  t.match(await runtime("exec", "--tty", id, "--", "tty"), { code: 0, stdout: /\/dev\/pts\/0/ });
  t.match(await runtime("exec", id, "--", "nothing"), { code: 1, stderr: /nothing not found.*RUNTIME_STEP_FAILED/s });

  t.match(await runtime("run", "--bundle", path, id), { code: 6, stderr: /RUNTIME_EXISTS/ });
  t.match(await runtime("delete", id), { code: 6, stderr: /is running[\s\S]*RUNTIME_BAD_STATE/ });
  t.match(await runtime("kill", id, "NONSENSE"), { code: 2 });
  t.match(await runtime("kill", id), { code: 0 });
  while (JSON.parse((await runtime("state", id)).stdout).status !== "stopped");
  t.match(JSON.parse((await runtime("state", id)).stdout), { pid: 0, exit: { code: 5 } });
  t.match(await runtime("kill", id), { code: 6 });
  t.match(await runtime("delete", id), { code: 0 });
  t.match(await runtime("state", id), { code: 3, stderr: /RUNTIME_NOT_FOUND/ });
  t.match(await runtime("delete", id), { code: 3 });
  t.match(await runtime("delete", "--force", id), { code: 0 });
});

t.test("plan: table, reasons, data", async (t) => {
  const path = await bundle("plan", "true");
  const table = (await runtime("plan", path)).stdout;
  t.match(table, /^STEP {2}PROCESS +CALL\n {3}1 {2}main/);
  t.match(table, /^ *\d+ {6}container +pivot_root\("\.", "\."\)$/m);
  t.notMatch(table, /\(2\)\]/);
  t.match((await runtime("plan", "--explain", path)).stdout, /pivot_root\("\.", "\."\)\n.* \[pivot_root\(2\)/);
  const data = JSON.parse((await runtime("plan", "--json", path)).stdout);
  t.same(
    data.map(({ step }: { step: number }) => step),
    data.map((_: unknown, index: number) => index + 1),
  );
  t.match(data.at(-1), { name: "exit_group", why: String });
  t.notOk(existsSync(join("/run/drydock/runtime/box")), "nothing was made");
});

t.test("plan --programs: what is loaded into the kernel", async (t) => {
  const path = await bundle("programs", "true");
  t.match(
    (await runtime("plan", path, "--programs")).stdout,
    /^devices: run for every device file[\s\S]*\n 0 {2}type = word 0 of/,
  );
  rmSync(join(path, "config.json"));
  t.match(await runtime("spec", "--seccomp", "--bundle", path), { code: 0 });
  const { stdout } = await runtime("plan", path, "--programs");
  t.match(stdout, /\nseccomp: run for every system call[\s\S]*if arch == 0xc000003e \(x86-64\)|\(aarch64\)/);
  t.match(stdout, /\n +\d+ {2}if number >= \d+ \(\w+\) go to \d+/);
  const data = JSON.parse((await runtime("plan", path, "--programs", "--json")).stdout);
  t.match(data, [{ name: "devices" }, { name: "seccomp", listing: String }]);
});

t.test("plan --diff", async (t) => {
  const before = await bundle("before", "true");
  const other = await bundle("after", "true", (config) => {
    config.hostname = "other";
    config.root.readonly = true;
    config.root.path = join(before, "rootfs");
  });
  const lines = (await runtime("plan", "--diff", before, other)).stdout.split("\n");
  t.equal(lines.length, 5, lines.join("\n"));
  t.match(lines.join("\n"), /\+ +\d+ {2}container: mount_setattr[\s\S]*- +\d+ {2}container: sethostname\("drydock"/);
  t.match(await runtime("plan", "--diff", before, before), { code: 0, stdout: /the plans are the same/ });
  t.match(await runtime("plan", "--diff", before), { code: 2 });
});

t.test("what runc spec writes is planned and run", async (t) => {
  const path = await bundle("runc", "true");
  rmSync(join(path, "config.json"));
  const spec = spawn("runc", ["spec", "--bundle", path], { stdio: "ignore" });
  t.equal((await outcomeOf(spec)).code, 0);
  t.match(await runtime("plan", path), { code: 0, stdout: /execve\("\/bin\/sh"/ });
  const child = start(["run", "--bundle", path, idOf("runc")]);
  child.stdin.write("hostname; exit 9\n");
  t.match(await outcomeOf(child), { code: 9, stdout: /runc\r\n/ });
});

t.test("configurations that are refused", async (t) => {
  const path = await bundle("refused", "true", (config) => {
    Object.assign(config.linux ?? {}, { intelRdt: { closID: "a" } });
  });
  for (const command of ["plan", "run"]) {
    const args = command === "plan" ? [path] : ["--bundle", path, idOf("refused")];
    t.match(await runtime(command, ...args), { code: 7, stderr: /linux\.intelRdt: is not supported[\s\S]*remove it/ });
  }
  t.match(await runtime("run", "--bundle", directory, idOf("none")), { code: 7, stderr: /has no config\.json/ });
  t.match(await runtime("spec", "--bundle", path), { code: 2, stderr: /is there already/ });
});

t.test("run --skip and --only-to", async (t) => {
  const path = await bundle("experiment", "hostname");
  const plan = JSON.parse((await runtime("plan", "--json", path)).stdout) as { step: number; name: string }[];
  const numberOf = (name: string): string => String(plan.find((one) => one.name === name)?.step);
  const skipped = await runtime("run", "--skip", numberOf("sethostname"), "--bundle", path, idOf("skip"));
  t.equal(skipped.code, 0);
  t.not(skipped.stdout, "drydock\n");
  const failed = await runtime("run", "--skip", numberOf("fchdir"), "--bundle", path, idOf("fail"));
  t.match(failed, { code: 1, stderr: /step \d+ of \d+: pivot_root\("\.", "\."\) = E(BUSY|INVAL)/ });
  t.match(await runtime("run", "--skip", "9999", "--bundle", path, idOf("skip")), { code: 2 });

  const id = idOf("part");
  const child = start(["run", "--only-to", numberOf("sethostname"), "--bundle", path, id]);
  for (let tries = 0; tries < 200 && (await runtime("list", "-q")).stdout.trim() !== id; tries++);
  t.match(await runtime("exec", id, "--", "hostname"), { code: 0, stdout: "drydock\n" });
  t.match((await runtime("ps", id)).stdout, /drydock-shim|drydock-init/);
  child.kill("SIGINT");
  t.match(await outcomeOf(child), { code: 0, stdout: "" });
  t.equal((await runtime("list", "-q")).stdout, "");
});

t.test("run --step: each step waits, and one can look at the process meanwhile", async (t) => {
  const path = await bundle("step", "echo done");
  const plan = JSON.parse((await runtime("plan", "--json", path)).stdout) as { step: number; name: string }[];
  const pivot = plan.find(({ name }) => name === "pivot_root")?.step;
  const child = start(["run", "--step", "--bundle", path, idOf("step")]);
  const outcome = outcomeOf(child);
  const lines = createInterface({ input: child.stderr });
  child.stdin.write(`\n\n${pivot}\n`);
  for await (const line of lines) {
    const pid = /pid (\d+)\): pivot_root/.exec(line)?.[1];
    if (pid === undefined) continue;
    t.not(
      readlinkSync(`/proc/${pid}/ns/mnt`),
      readlinkSync("/proc/self/ns/mnt"),
      "it has a mount namespace of its own",
    );
    t.match(readFileSync(`/proc/${pid}/mountinfo`, "utf8"), `${stateDir}/${idOf("step")}/root`);
    break;
  }
  child.stdin.write("\nc\n");
  t.match(await outcome, { code: 0, stdout: "done\n" });

  const ended = start(["run", "--step", "--bundle", path, idOf("step")]);
  ended.stdin.write(`${pivot}\nq\n`);
  t.match(await outcomeOf(ended), { code: 130, stderr: /ended before step/ });
  t.equal((await runtime("list", "-q")).stdout, "");
});

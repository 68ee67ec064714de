import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { hasCode, pathExists } from "@drydock/kit";
import t from "tap";
import type { Engine, VmRequest } from "./engine.ts";
import { noneEngine } from "./none-engine.ts";
import { qemuEngine } from "./qemu/qemu-engine.ts";
import { runInVm } from "./run-in-vm.ts";
import { umlEngine } from "./uml-engine.ts";

const unavailable = await umlEngine.unavailable();
const options = unavailable === undefined ? {} : { skip: unavailable };
const qemuUnavailable = await qemuEngine.unavailable();

// Other tests run machines, too: those of this file have their files in a place of their own.
const ownTmp = await mkdtemp(join(tmpdir(), "vm-test-"));
process.env.TMPDIR = ownTmp;
t.teardown(() => rm(ownTmp, { recursive: true, force: true }));

class Sink extends Writable {
  text = "";
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

async function run(
  script: string,
  extra: Partial<VmRequest> = {},
  engine: Engine = umlEngine,
): Promise<{ code: number; out: string; err: string }> {
  const stdout = new Sink();
  const stderr = new Sink();
  const { exitCode } = await engine.run({
    command: ["sh", "-c", script],
    stdout,
    stderr,
    timeoutMs: 60_000,
    ...extra,
  });
  return { code: exitCode, out: stdout.text, err: stderr.text };
}

async function leftovers(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith("drydock-vm-"));
}

t.test("a command runs on this host's files with cgroup v2 of its own", options, async (t) => {
  const marker = `/var/tmp/drydock-vm-marker-${process.pid}`;
  const { code, out, err } = await run(
    [
      "echo to-stdout; echo to-stderr >&2",
      `"${process.execPath}" -p 'process.version'`,
      "cat /sys/fs/cgroup/cgroup.subtree_control",
      // A limit that really bites: the shell inside may have two processes, so its third fork is refused.
      "mkdir /sys/fs/cgroup/t && echo 2 >/sys/fs/cgroup/t/pids.max",
      "(echo $$ >/dev/null; sh -c 'echo $$ >/sys/fs/cgroup/t/cgroup.procs; sleep 1 & sleep 1 & wait') 2>&1 | grep -ci 'fork'",
      `touch ${marker}; seq 1 50000`,
      "exit 7",
    ].join("\n"),
  );
  t.equal(code, 7, "the exit code is the command's");
  t.equal(err, "to-stderr\n");
  const lines = out.trim().split("\n");
  t.same(lines.slice(0, 2), ["to-stdout", process.version], "the same Node");
  for (const controller of ["cpu", "io", "memory", "pids"]) t.match(lines[2], controller);
  t.equal(lines[3], "1", "pids.max refuses a fork");
  t.equal(lines.length, 4 + 50_000, "no line of output is lost");
  t.equal(lines.at(-1), "50000");
  t.notOk(await pathExists(marker), "what it writes outside its shares does not reach the host");
});

t.test(
  "output arrives while the command runs, memory is as asked for, a signal shows in the exit code",
  options,
  async (t) => {
    const path = await mkdtemp(join(tmpdir(), "share-"));
    t.teardown(() => rm(path, { recursive: true, force: true }));
    const stdout = new Sink();
    const stderr = new Sink();
    // The command goes on only after its first line has arrived here.
    const answered = new Promise<void>((resolve) => {
      const look = setInterval(() => {
        if (!stdout.text.includes("asking")) return;
        clearInterval(look);
        resolve(writeFile(join(path, "answer"), ""));
      }, 20);
      t.teardown(() => clearInterval(look));
    });
    const script = "echo asking; until [ -e answer ]; do sleep 0.1; done; grep MemTotal /proc/meminfo; kill -TERM $$";
    const { exitCode } = await umlEngine.run({
      command: ["sh", "-c", script],
      cwd: path,
      shares: [{ path }],
      memoryMiB: 300,
      timeoutMs: 60_000,
      stdout,
      stderr,
    });
    await answered;
    t.equal(exitCode, 128 + 15);
    const kilobytes = Number(/MemTotal:\s+(\d+) kB/.exec(stdout.text)?.[1]);
    t.ok(kilobytes > 200 * 1024 && kilobytes <= 300 * 1024 + 64 * 1024, `${kilobytes} kB of 300 MiB`);
  },
);

t.test("shares are writable", options, async (t) => {
  const path = await mkdtemp(join(tmpdir(), "share-"));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  const { code } = await run(`echo kept >${path}/file`, { shares: [{ path }], cwd: path });
  t.equal(code, 0);
  t.equal(await readFile(join(path, "file"), "utf8"), "kept\n");
});

t.test(
  "the qemu engine adds processors, cpuset, PSI and BTF",
  qemuUnavailable === undefined ? {} : { skip: qemuUnavailable },
  async (t) => {
    const path = await mkdtemp(join(tmpdir(), "share-"));
    t.teardown(() => rm(path, { recursive: true, force: true }));
    const script = [
      "nproc; cat /sys/fs/cgroup/cgroup.subtree_control; head -c4 /sys/kernel/btf/vmlinux | wc -c; grep -c some /proc/pressure/cpu",
      // A module that is not in the initramfs, loaded because somebody asked for what it does.
      "ip link add probe type bridge && echo bridge",
      `echo kept >${path}/file; seq 1 50000; echo oops >&2; exit 9`,
    ].join("\n");
    const { code, out, err } = await run(script, { cpus: 2, shares: [{ path }], timeoutMs: 120_000 }, qemuEngine);
    const lines = out.trim().split("\n");
    t.equal(code, 9);
    t.equal(lines[0], "2");
    t.match(lines[1], /cpuset cpu io memory/);
    t.same(lines.slice(2, 5), ["4", "1", "bridge"]);
    t.equal(lines.length, 5 + 50_000, "no line of output is lost");
    t.match(err, /oops\n$/);
    t.equal(await readFile(join(path, "file"), "utf8"), "kept\n", "shares are writable");
    t.same(await leftovers(), []);
  },
);

t.test("a command that hangs is ended and nothing is left", options, async (t) => {
  await t.rejects(run("sleep 600", { timeoutMs: 6000 }), { code: "VM_TIMEOUT" });
  t.same(await leftovers(), []);
});

t.test("an abort ends the machine", options, async (t) => {
  const controller = new AbortController();
  const running = run("sleep 600", { signal: controller.signal });
  setTimeout(() => controller.abort(new Error("enough")), 3000);
  await t.rejects(running, { message: "enough" });
  t.same(await leftovers(), []);
});

t.test("too little memory is a boot failure with the console's end", options, async (t) => {
  const error = await run("true", { memoryMiB: 8 }).then(
    () => undefined,
    (reason) => reason,
  );
  t.ok(hasCode(error, "VM_BOOT_FAILED"));
  t.match(error.hint, /memory/);
});

t.test("requests that cannot be met are refused", async (t) => {
  const sink = { stdout: new Sink(), stderr: new Sink() };
  await t.rejects(umlEngine.run({ command: ["true"], cpus: 2, ...sink }), { code: "VM_BAD_REQUEST" });
  await t.rejects(runInVm({ command: [], ...sink }), { code: "VM_BAD_REQUEST" });
});

t.test("the host itself serves where it has cgroup v2", async (t) => {
  const stdout = new Sink();
  const { exitCode } = await noneEngine.run({ command: ["sh", "-c", "echo here; exit 3"], stdout, stderr: new Sink() });
  t.equal(exitCode, 3);
  t.equal(stdout.text, "here\n");
});

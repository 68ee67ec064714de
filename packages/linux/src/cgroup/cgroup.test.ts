import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import {
  cgroupEvents,
  cgroupProcesses,
  createCgroup,
  freezeCgroup,
  killCgroup,
  oomKills,
  removeCgroup,
  removeEmptyParents,
} from "./cgroup.ts";
import { cpuWeight } from "./cpu.ts";
import { controllersOf, findCgroup2 } from "./hierarchy.ts";
import { applyLimits, limitSettings } from "./limits.ts";

t.test("limits become files", async (t) => {
  const settings = limitSettings({
    memory: { limit: 64 * 1024 * 1024, reservation: 1000, swap: 96 * 1024 * 1024 },
    cpu: { shares: 1024, quota: 50_000, cpus: "0-1" },
    pids: { limit: 7 },
    unified: { "memory.high": "max" },
  });
  t.strictSame(
    settings.map(({ file, value, what }) => [file, value, what]),
    [
      ["memory.max", "67108864", "memory limit of 64 MiB"],
      ["memory.low", "1000", "memory reservation of 1000 B"],
      ["memory.swap.max", "33554432", "swap limit of 32 MiB"],
      ["cpu.weight", "39", "cpu weight of 39"],
      ["cpu.max", "50000 100000", "cpu limit of 0.5 cores"],
      ["cpuset.cpus", "0-1", "use of the cpus 0-1 only"],
      ["pids.max", "7", "limit of 7 processes"],
      ["memory.high", "max", "memory.high = max"],
    ],
  );
  t.strictSame(
    limitSettings({ memory: { limit: -1 }, cpu: { quota: -1 }, pids: { limit: 0 } }).map(({ value }) => value),
    ["max", "max 100000", "max"],
  );
  t.strictSame([2, 1024, 262_144, 0].map(cpuWeight), [1, 39, 10_000, 1]);
});

t.test("a cgroup lives", async (t) => {
  const mount = findCgroup2();
  const root = join(mount, `drydock-test-${randomBytes(4).toString("hex")}`);
  createCgroup(mount, root);
  t.teardown(() => removeCgroup(root));
  const cgroup = join(root, "a/b");
  createCgroup(root, cgroup);
  createCgroup(root, cgroup);
  t.strictSame(cgroupEvents(cgroup), { populated: false, frozen: false });

  const child = spawn("sleep", ["1000"]);
  writeFileSync(join(cgroup, "cgroup.procs"), String(child.pid));
  t.strictSame(cgroupProcesses(cgroup), [child.pid]);
  t.strictSame(cgroupProcesses(root), []);
  t.strictSame(cgroupProcesses(root, { recursive: true }), [child.pid]);
  t.throws(
    () => removeCgroup(root),
    { code: "LINUX_CGROUP_FAILED", details: { path: cgroup } },
    "not while somebody lives there",
  );
  freezeCgroup(cgroup, true);
  t.equal(killCgroup(root), true, "also what is frozen");
  const [, signal] = await once(child, "exit");
  t.equal(signal, "SIGKILL");
  t.equal(oomKills(cgroup), 0);

  removeCgroup(cgroup);
  removeEmptyParents(root, cgroup);
  t.notOk(existsSync(join(root, "a")), "the empty parent too");
  t.ok(existsSync(root), "but not the root");
  removeCgroup(cgroup);
  t.strictSame(cgroupProcesses(cgroup), []);
  t.equal(cgroupEvents(cgroup), undefined);
  t.equal(killCgroup(cgroup), false);
});

t.test("a limit without its controller is told in words", async (t) => {
  const mount = findCgroup2();
  const cgroup = join(mount, `drydock-test-${randomBytes(4).toString("hex")}`);
  createCgroup(mount, cgroup);
  t.teardown(() => removeCgroup(cgroup));
  const missing = ["memory", "pids"].filter((name) => !controllersOf(cgroup).includes(name));
  const told = applyLimits(cgroup, { memory: { limit: 1 << 30 }, pids: { limit: 5 } });
  t.equal(told.length, missing.length);
  if (missing.includes("memory")) {
    t.match(told[0], /^memory limit of 1 GiB is not in force: cgroup v2 at \S+ has no memory controller/);
  }
  t.throws(() => applyLimits(cgroup, { unified: { "cgroup.max.depth": "nonsense" } }), { code: "LINUX_CGROUP_FAILED" });
});

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
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
import { controllersOf, findCgroup2 } from "./hierarchy.ts";
import { enforceLimits } from "./limits.ts";

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
  const place = { hierarchies: { unified: mount, legacy: {} }, path: basename(cgroup), cgroup: { unified: cgroup } };
  const told = enforceLimits(place, { memory: { limit: 1 << 30 }, pids: { limit: 5 } }).notEnforced;
  t.equal(told.length, missing.length);
  if (missing.includes("memory")) {
    t.match(told[0], /^memory limit of 1 GiB is not in force: cgroup v2 at \S+ has no memory controller/);
  }
  const fails = (unified: Record<string, string>) => () => enforceLimits(place, { unified });
  t.throws(fails({ "cgroup.max.depth": "nonsense" }), { code: "LINUX_CGROUP_FAILED" });
  t.throws(fails({ "cgroup.max.nonsense": "1" }), { code: "LINUX_CGROUP_FAILED", message: /there is no such file/ });
});

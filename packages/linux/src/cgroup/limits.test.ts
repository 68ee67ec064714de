import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { createCgroup, removeCgroup } from "./cgroup.ts";
import type { ContainerCgroup } from "./container-cgroup.ts";
import { cpuWeight } from "./cpu.ts";
import { findCgroup2, findHierarchies } from "./hierarchy.ts";
import { ioWeight } from "./io.ts";
import { removeLegacyCgroups } from "./legacy.ts";
import { enforceLimits, limitSettings, neededControllers, refusedLimits } from "./limits.ts";
import type { CgroupLimits } from "./setting.ts";
import { readStats } from "./stats.ts";
import { updateResources } from "./update.ts";

const MiB = 1024 * 1024;

/** What is written for limits, as `file = value`; a refusal by its field. */
function written(version: "unified" | "legacy", limits: CgroupLimits): string[] {
  return limitSettings(limits).flatMap((setting) => {
    const files = setting[version];
    return Array.isArray(files) ? files.map(({ file, value }) => `${file} = ${value}`) : [`${setting.field} refused`];
  });
}

const everything: CgroupLimits = {
  memory: { limit: 64 * MiB, reservation: 1000, swap: 96 * MiB, swappiness: 10, disableOOMKiller: true },
  cpu: { shares: 1024, quota: 50_000, burst: 1000, cpus: "0-1", mems: "0", realtimeRuntime: 900 },
  pids: { limit: 7 },
  blockIO: {
    weight: 500,
    leafWeight: 10,
    weightDevice: [{ major: 8, minor: 0, weight: 10 }],
    throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 600 }],
    throttleWriteIOPSDevice: [{ major: 8, minor: 16, rate: 0 }],
  },
  hugepageLimits: [{ pageSize: "2MB", limit: 4 * MiB }],
  rdma: { mlx5_1: { hcaHandles: 3, hcaObjects: 10_000 } },
  network: { classID: 0x10001, priorities: [{ name: "eth0", priority: 5 }] },
  unified: { "memory.high": "max" },
};

t.test("limits as files of cgroup v2", async (t) => {
  t.strictSame(written("unified", everything), [
    "memory.max = 67108864",
    "memory.swap.max = 33554432",
    "memory.low = 1000",
    "memory.swappiness refused",
    "memory.disableOOMKiller refused",
    "cpu.weight = 39",
    "cpu.max = 50000 100000",
    "cpu.max.burst = 1000",
    "cpu.realtimeRuntime refused",
    "cpuset.cpus = 0-1",
    "cpuset.mems = 0",
    "pids.max = 7",
    "io.bfq.weight = 500",
    "blockIO.leafWeight refused",
    "io.bfq.weight = 8:0 10",
    "io.max = 8:0 rbps=600",
    "io.max = 8:16 wiops=max",
    "hugetlb.2MB.max = 4194304",
    "hugetlb.2MB.rsvd.max = 4194304",
    "rdma.max = mlx5_1 hca_handle=3 hca_object=10000",
    "network.classID refused",
    "network.priorities[0] refused",
    "memory.high = max",
  ]);
  t.strictSame(neededControllers(everything).slice(0, 6), ["memory", "cpu", "cpuset", "pids", "io", "hugetlb"]);
});

t.test("limits as files of cgroup v1", async (t) => {
  t.strictSame(written("legacy", everything), [
    "memory.limit_in_bytes = 67108864",
    "memory.memsw.limit_in_bytes = 100663296",
    "memory.soft_limit_in_bytes = 1000",
    "memory.swappiness = 10",
    "memory.oom_control = 1",
    "cpu.shares = 1024",
    "cpu.cfs_quota_us = 50000",
    "cpu.cfs_burst_us = 1000",
    "cpu.rt_runtime_us = 900",
    "cpuset.cpus = 0-1",
    "cpuset.mems = 0",
    "pids.max = 7",
    "blkio.bfq.weight = 500",
    "blkio.leaf_weight = 10",
    "blkio.bfq.weight_device = 8:0 10",
    "blkio.throttle.read_bps_device = 8:0 600",
    "blkio.throttle.write_iops_device = 8:16 0",
    "hugetlb.2MB.limit_in_bytes = 4194304",
    "hugetlb.2MB.rsvd.limit_in_bytes = 4194304",
    "rdma.max = mlx5_1 hca_handle=3 hca_object=10000",
    "net_cls.classid = 65537",
    "net_prio.ifpriomap = eth0 5",
    'unified["memory.high"] refused',
  ]);
});

t.test("values that stand for none, and those that ask for nothing", async (t) => {
  const none: CgroupLimits = { memory: { limit: -1 }, cpu: { quota: -1 }, pids: { limit: 0 } };
  t.strictSame(written("unified", none), [
    "memory.max = max",
    "memory.swap.max = max",
    "cpu.max = max 100000",
    "pids.max = max",
  ]);
  t.strictSame(written("legacy", none), [
    "memory.limit_in_bytes = -1",
    "memory.memsw.limit_in_bytes = -1",
    "cpu.cfs_quota_us = -1",
    "pids.max = max",
  ]);
  t.strictSame(
    written("unified", { memory: { limit: 0, swap: 0 }, cpu: { shares: 0, quota: 0 }, blockIO: { weight: 0 } }),
    [],
  );
  t.strictSame(written("unified", { memory: { limit: MiB, swap: MiB } }), [
    "memory.max = 1048576",
    "memory.swap.max = 0",
  ]);
  t.strictSame(written("unified", { cpu: { idle: 1, shares: 100 } }), ["cpu.idle = 1"], "who is idle has no weight");
  t.throws(() => limitSettings({ memory: { swap: MiB } }), {
    code: "LINUX_LIMIT_REFUSED",
    message: /needs memory.limit/,
  });
  t.throws(() => limitSettings({ memory: { limit: 2 * MiB, swap: MiB } }), { message: /is below memory.limit/ });
});

t.test("v1's weights as v2's", async (t) => {
  t.strictSame([2, 1024, 262_144, 0].map(cpuWeight), [1, 39, 10_000, 1]);
  t.strictSame([10, 500, 1000].map(ioWeight), [1, 4950, 10_000]);
});

t.test("what the version of a controller does not have is refused by name", async (t) => {
  const v2 = { unified: "/sys/fs/cgroup", legacy: {} };
  t.strictSame(
    refusedLimits(everything, v2).map(({ details }) => details?.field),
    [
      "memory.swappiness",
      "memory.disableOOMKiller",
      "cpu.realtimeRuntime",
      "blockIO.leafWeight",
      "network.classID",
      "network.priorities[0]",
    ],
  );
  const v1 = { legacy: { memory: "/m", cpu: "/c", blkio: "/b", net_cls: "/n", net_prio: "/n" } };
  t.strictSame(refusedLimits(everything, v1), []);
  t.strictSame(
    refusedLimits({ network: { classID: 1 } }, { legacy: {} }).map(({ code }) => code),
    ["LINUX_LIMIT_REFUSED"],
  );
});

t.test("hierarchies of a mount namespace", async (t) => {
  const mount = (type: string, mountPoint: string, options: string) =>
    ({ type, mountPoint, superOptions: options.split(",") }) as Parameters<typeof findHierarchies>[0] extends
      | readonly (infer Mount)[]
      | undefined
      ? Mount
      : never;
  t.strictSame(
    findHierarchies([
      mount("cgroup", "/sys/fs/cgroup/cpu,cpuacct", "rw,cpu,cpuacct"),
      mount("cgroup", "/sys/fs/cgroup/systemd", "rw,xattr,name=systemd"),
      mount("cgroup2", "/sys/fs/cgroup/unified", "rw,nsdelegate"),
    ]),
    {
      unified: "/sys/fs/cgroup/unified",
      legacy: { cpu: "/sys/fs/cgroup/cpu,cpuacct", cpuacct: "/sys/fs/cgroup/cpu,cpuacct" },
    },
  );
});

/** Why this host cannot show limits of cgroup v1; undefined when it can. */
function noLegacy(): string | undefined {
  for (const controller of ["memory", "pids", "cpu", "cpuset"]) {
    const mount = findHierarchies().legacy[controller];
    if (mount === undefined) return `the ${controller} controller is not in a cgroup v1 hierarchy`;
    const probe = join(mount, `drydock-probe-${randomBytes(4).toString("hex")}`);
    try {
      mkdirSync(probe);
      rmdirSync(probe);
    } catch (error) {
      return `${mount}: ${(error as Error).message}`;
    }
  }
  return undefined;
}

const reason = noLegacy();
t.test("limits on a host that gives controllers to cgroup v1", reason ? { skip: reason } : {}, async (t) => {
  const hierarchies = findHierarchies();
  const path = `drydock-test-${randomBytes(4).toString("hex")}/box`;
  const unified = join(findCgroup2(), path);
  createCgroup(findCgroup2(), unified);
  let cgroup: ContainerCgroup = { unified };
  const child = spawn("sleep", ["1000"]);
  const ended = once(child, "exit");
  const cleanUp = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
    removeLegacyCgroups(cgroup, hierarchies.legacy);
    removeCgroup(join(unified, ".."));
  };
  t.teardown(cleanUp);
  writeFileSync(join(unified, "cgroup.procs"), String(child.pid));

  const made = enforceLimits(
    { hierarchies, path, cgroup },
    { memory: { limit: 32 * MiB, swap: 64 * MiB }, cpu: { quota: 20_000, period: 50_000, cpus: "0" } },
  );
  t.strictSame(made.notEnforced, []);
  cgroup = made.cgroup;
  t.strictSame(Object.keys(cgroup.legacy ?? {}), ["memory", "cpu", "cpuset"]);
  const read = (controller: string, file: string): string =>
    readFileSync(join(cgroup.legacy?.[controller] ?? "", file), "utf8").trim();
  t.equal(read("memory", "memory.limit_in_bytes"), String(32 * MiB));
  t.equal(read("memory", "memory.memsw.limit_in_bytes"), String(64 * MiB));
  t.equal(read("cpu", "cpu.cfs_quota_us"), "20000");
  t.equal(read("cpu", "cpu.cfs_period_us"), "50000");
  t.equal(read("cpuset", "cpuset.cpus"), "0");
  t.not(read("cpuset", "cpuset.mems"), "", "inherited: without memory no process could live there");

  if (hierarchies.legacy.devices !== undefined) {
    const legacyDevices = [{ allow: false }, { allow: true, type: "c", major: 1, minor: 3, access: "rw" } as const];
    const held = enforceLimits({ hierarchies, path, cgroup }, { legacyDevices });
    t.strictSame(held.notEnforced, []);
    cgroup = held.cgroup;
    t.equal(read("devices", "devices.list"), "c 1:3 rw");
  }

  // Both above the old sum, then both below the old limit: each way only one order is possible.
  for (const limit of [256 * MiB, 16 * MiB]) {
    cgroup = updateResources(cgroup, { memory: { limit, swap: limit } }, hierarchies);
    t.equal(read("memory", "memory.limit_in_bytes"), String(limit));
    t.equal(read("memory", "memory.memsw.limit_in_bytes"), String(limit));
  }
  cgroup = updateResources(cgroup, { pids: { limit: 9 }, cpu: { quota: 30_000 } }, hierarchies);
  t.equal(read("pids", "pids.max"), "9", "a controller without limits so far");
  t.equal(read("pids", "cgroup.procs"), String(child.pid), "and the processes are there");
  t.equal(read("cpu", "cpu.cfs_quota_us"), "30000");
  t.match(readStats(cgroup), { pids: { limit: 9, current: 1 }, memory: { usage: { limit: 16 * MiB } } });
  t.throws(() => updateResources(cgroup, { unified: { "pids.max": "3" } }, hierarchies), {
    code: "LINUX_LIMIT_REFUSED",
  });
  await cleanUp();
  const mounts = [...Object.values(hierarchies.legacy), findCgroup2()];
  t.strictSame(
    mounts.filter((mount) => existsSync(join(mount, path, ".."))),
    [],
    "nothing is left in any hierarchy",
  );
});

import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { join, relative } from "node:path";
import { findCgroup2, findHierarchies, nativeExecutor } from "@drydock/linux";
import t from "tap";
import { collect, makeTestHost } from "../fixtures/test-host.ts";
import { planContainer, printPlan, validateConfig } from "../index.ts";

t.setTimeout(120_000);

const MiB = 1024 * 1024;

const config = (resources: object) => ({
  ociVersion: "1.0.2",
  root: { path: "/" },
  process: { cwd: "/", args: ["true"] },
  linux: { namespaces: [{ type: "mount" }], resources },
});

t.test("every field of linux.resources is read", async (t) => {
  const rate = [{ major: 8, minor: 0, rate: 1000 }];
  t.ok(
    validateConfig(
      config({
        memory: { limit: -1, reservation: 1, swap: -1, swappiness: 60, disableOOMKiller: true, useHierarchy: true },
        cpu: {
          shares: 2,
          quota: -1,
          burst: 0,
          period: 1000,
          realtimeRuntime: 1,
          realtimePeriod: 1,
          cpus: "0-1,3",
          idle: 1,
        },
        pids: { limit: 10 },
        blockIO: { weight: 10, weightDevice: [{ major: 8, minor: 0, weight: 500 }], throttleReadBpsDevice: rate },
        hugepageLimits: [{ pageSize: "2MB", limit: 0 }],
        rdma: { mlx5_0: { hcaHandles: 1 } },
        network: { classID: 1, priorities: [{ name: "eth0", priority: 1 }] },
        unified: { "memory.high": "max", "hugetlb.2MB.max": "0", "cgroup.max.depth": "3" },
      }),
    ),
  );
});

t.test("what is wrong with limits is told with its path", async (t) => {
  for (const [resources, path, message] of [
    [{ memory: { limit: "64M" } }, "memory.limit", /whole number/],
    [{ memory: { kernel: MiB } }, "memory.kernel", /is not supported/],
    [{ memory: { swappiness: 101 } }, "memory.swappiness", /-1 to 100/],
    [{ cpu: { cpus: "all" } }, "cpu.cpus", /list of numbers/],
    [{ cpu: { idle: 2 } }, "cpu.idle", /0 or 1/],
    [{ hugepageLimits: [{ pageSize: "../memory.max", limit: 1 }] }, "hugepageLimits[0].pageSize", /not a page size/],
    [{ unified: { "../x/memory.max": "1" } }, 'unified["../x/memory.max"]', /not the name of a cgroup's file/],
    [{ unified: { "cgroup.procs": "1" } }, 'unified["cgroup.procs"]', /is not a limit/],
    [{ blockIO: { weight: 2000 } }, "blockIO.weight", /0 to 1000/],
  ] as const) {
    const wanted = { code: "RUNTIME_INVALID_CONFIG", details: { path: `linux.resources.${path}` }, message };
    t.throws(() => validateConfig(config(resources)), wanted, path);
  }
});

/** Why limits of cgroup v1 cannot be tried here; undefined when they can. */
function noLegacy(): string | undefined {
  for (const controller of ["memory", "pids", "cpu"]) {
    const mount = findHierarchies().legacy[controller];
    if (mount === undefined) return `the ${controller} controller is not in a cgroup v1 hierarchy`;
    const probe = join(mount, `drydock-probe-${randomBytes(4).toString("hex")}`);
    try {
      mkdirSync(probe);
      rmdirSync(probe);
    } catch (error) {
      return (error as Error).message;
    }
  }
  return undefined;
}

const reason = noLegacy();
t.test("limits on a host that gives controllers to cgroup v1", reason ? { skip: reason } : {}, async (t) => {
  const host = makeTestHost(nativeExecutor);
  const { legacy } = findHierarchies();
  t.teardown(() => host.dispose());
  const directory = (controller: string, id: string): string =>
    join(legacy[controller] ?? "", relative(findCgroup2(), host.cgroupRoot), "drydock", id);

  await t.test("memory: who takes more is killed, and that is seen", async (t) => {
    const resources = { memory: { limit: 32 * MiB, swap: 32 * MiB } };
    const text = "head -c 100000000 /dev/zero | tail -c 90000000";
    const { notEnforced } = await host.runtime.run(host.script("oom", text, { linux: { resources } }));
    t.strictSame(notEnforced, []);
    t.match(await host.runtime.wait("oom"), { oomKilled: true });
    await host.runtime.delete("oom");
    t.notOk(existsSync(directory("memory", "oom")));
  });

  await t.test("pids: for an exec, too, and after an update", async (t) => {
    const { notEnforced } = await host.runtime.run(
      host.script("pids", "exec sleep 1000", { linux: { resources: { pids: { limit: 4 } } } }),
    );
    t.strictSame(notEnforced, []);
    const fork = async (count: number): Promise<string> => {
      const args = ["sh", "-c", `i=0; while [ $i -lt ${count} ]; do sleep 0.1 & i=$((i+1)); done; echo all`];
      const session = await host.runtime.exec("pids", { process: { cwd: "/", args, env: ["PATH=/bin"] } });
      return (await Promise.all([collect(session.stdout), session.stderr ? collect(session.stderr) : ""])).join("");
    };
    t.match(await fork(8), /can't fork/);
    await host.runtime.update("pids", { pids: { limit: 50 }, memory: { limit: 64 * MiB } });
    t.equal(await fork(8), "all\n");
    t.equal(readFileSync(join(directory("memory", "pids"), "memory.limit_in_bytes"), "utf8"), `${64 * MiB}\n`);
    t.match(await host.runtime.stats("pids"), {
      pids: { current: Number, limit: 50 },
      memory: { usage: { limit: 64 * MiB, usage: Number } },
    });
    await host.runtime.delete("pids", { force: true });
    t.strictSame(
      ["memory", "pids"].filter((controller) => existsSync(directory(controller, "pids"))),
      [],
    );
  });

  await t.test("what v1 does not have is refused before anything is made", async (t) => {
    const swap = { memory: { limit: 2 * MiB, swap: MiB } };
    await t.rejects(host.runtime.run(host.script("swap", "true", { linux: { resources: swap } })), {
      details: { path: "linux.resources.memory.swap" },
      message: /is below memory.limit/,
    });
    const unified = { unified: { "memory.high": "1000000" } };
    const { notEnforced } = await host.runtime.run(host.script("unified", "true", { linux: { resources: unified } }));
    t.match(notEnforced, [/^memory.high = 1000000 is not in force: .* has no memory controller/]);
    await host.runtime.delete("unified", { force: true });
    t.strictSame(host.leftovers(), []);
  });

  await t.test("the plan shows where the process goes", async (t) => {
    const resources = { pids: { limit: 4 } };
    const cgroup = join(host.cgroupRoot, "drydock/plan");
    const plan = printPlan(
      planContainer(host.script("plan", "true", { linux: { resources } }), { stateDir: "/run", cgroup }),
    );
    t.ok(plan.includes(`openat(AT_FDCWD, "${directory("pids", "plan")}/cgroup.procs", O_WRONLY|O_CLOEXEC)`));
  });
});

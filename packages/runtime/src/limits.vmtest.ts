import { readFileSync } from "node:fs";
import { join } from "node:path";
import { canFilterDevices, type DeviceRule, findCgroup2, nativeExecutor } from "@drydock/linux";
import t from "tap";
import { makeTestHost, scriptConfig } from "./fixtures/test-host.ts";
import { allCapabilityNames, capabilitySetsFor, defaultMounts } from "./index.ts";

/** Limits are in force: needs cgroup v2 with the controllers memory, cpu and pids. */
t.setTimeout(120_000);

const host = makeTestHost(nativeExecutor);
const { runtime } = host;
t.teardown(() => host.dispose());
const MiB = 1024 * 1024;

t.test("the host has what this needs", async (t) => {
  const controllers = readFileSync(join(findCgroup2(), "cgroup.controllers"), "utf8").trim().split(" ");
  for (const name of ["memory", "cpu", "pids"]) t.ok(controllers.includes(name), name);
});

t.test("memory: a container that takes more is killed, and that is seen", async (t) => {
  const resources = { memory: { limit: 32 * MiB, swap: 32 * MiB } };
  const { notEnforced } = await runtime.run(
    host.script("oom", "head -c 100000000 /dev/zero | tail -c 90000000", { linux: { resources } }),
  );
  t.strictSame(notEnforced, []);
  t.match(await runtime.wait("oom"), { oomKilled: true });
  t.match(await runtime.state("oom"), { exit: { oomKilled: true } });
  await runtime.delete("oom");

  await runtime.run(host.script("modest", "true", { linux: { resources } }));
  t.match(await runtime.wait("modest"), { code: 0, oomKilled: false });
  await runtime.delete("modest");
});

t.test("pids: no more processes than allowed", async (t) => {
  const resources = { pids: { limit: 5 } };
  const { notEnforced } = await runtime.run(
    host.script("pids", "for i in 1 2 3 4 5 6 7 8; do sleep 1000 & done; echo all", { linux: { resources } }),
  );
  t.strictSame(notEnforced, []);
  await runtime.wait("pids");
  t.match(host.output("pids"), /can't fork/);
  t.notMatch(host.output("pids"), /all/);
  await runtime.delete("pids", { force: true });
});

t.test("files of the cgroup hold what was asked for", async (t) => {
  const resources = {
    cpu: { quota: 50_000, period: 100_000, shares: 512 },
    memory: { reservation: MiB },
    unified: { "memory.high": String(64 * MiB) },
  };
  const { notEnforced } = await runtime.run(host.script("files", "sleep 1000", { linux: { resources } }));
  t.strictSame(notEnforced, []);
  const read = (file: string): string => readFileSync(join(host.cgroupRoot, "drydock/files", file), "utf8").trim();
  t.equal(read("cpu.max"), "50000 100000");
  t.equal(read("cpu.weight"), "20");
  t.equal(read("memory.low"), String(MiB));
  t.equal(read("memory.high"), String(64 * MiB));
  await runtime.delete("files", { force: true });
});

t.test("cpu: who wants more is held up, and that is counted; an update changes it", async (t) => {
  const busy = "while :; do :; done";
  const resources = { cpu: { quota: 10_000, period: 100_000 } };
  await runtime.run(host.script("cpu", busy, { linux: { resources } }));
  const throttled = async (): Promise<number> => (await runtime.stats("cpu")).cpu.throttling.throttledPeriods ?? 0;
  await host.until(async () => (await throttled()) > 2);
  await runtime.update("cpu", { cpu: { quota: 20_000 } });
  const read = (file: string): string => readFileSync(join(host.cgroupRoot, "drydock/cpu", file), "utf8").trim();
  t.equal(read("cpu.max"), "20000 100000", "the period stays");
  await runtime.update("cpu", { memory: { limit: 64 * MiB }, pids: { limit: 3 } });
  t.strictSame([read("memory.max"), read("pids.max"), read("cpu.max")], [String(64 * MiB), "3", "20000 100000"]);
  t.match(await runtime.stats("cpu"), {
    memory: { usage: { limit: 64 * MiB, usage: Number } },
    pids: { current: 1, limit: 3 },
    cpu: { usage: { total: Number } },
  });
  await t.rejects(runtime.update("cpu", { memory: { limit: 4096, checkBeforeUpdate: true } }), {
    code: "LINUX_LIMIT_REFUSED",
    message: /^memory.limit: 4096 is below the \d+ bytes in use$/,
  });
  await runtime.delete("cpu", { force: true });
});

t.test("a limit that cgroup v2 does not have is refused by name, and nothing is made", async (t) => {
  for (const [resources, field, hint] of [
    [{ memory: { swappiness: 10 } }, "memory.swappiness", /vm.swappiness/],
    [{ network: { classID: 5 } }, "network.classID", /tc or nftables/],
    [{ cpu: { realtimeRuntime: 100 } }, "cpu.realtimeRuntime", /remove it/],
    [{ blockIO: { leafWeight: 100 } }, "blockIO.leafWeight", /use weight/],
  ] as const) {
    await t.rejects(runtime.run(host.script("refused", "true", { linux: { resources } })), {
      code: "RUNTIME_INVALID_CONFIG",
      details: { path: `linux.resources.${field}` },
      hint,
    });
  }
  t.strictSame(host.leftovers(), []);
});

t.test("io: a controller that nobody else needed is passed on", async (t) => {
  const resources = { blockIO: { throttleReadBpsDevice: [{ major: 7, minor: 0, rate: 1_048_576 }] } };
  const { notEnforced } = await runtime
    .run(host.script("io", "sleep 1000", { linux: { resources } }))
    .catch((error) => {
      // The machine has no such disk: the kernel is asked, and refuses the number.
      t.match(error, { code: "LINUX_CGROUP_FAILED", message: /io\.max/ });
      return { notEnforced: [] };
    });
  t.strictSame(notEnforced, []);
  await runtime.delete("io", { force: true });
  t.strictSame(host.leftovers(), []);
});

t.test("devices: what the rules do not allow cannot be opened", async (t) => {
  t.ok(canFilterDevices(), "the kernel takes eBPF programs for that");
  const open = "busybox mknod /tmp/kmsg c 1 11; (: > /tmp/kmsg) && echo opened; echo x > /dev/null && echo null";
  const output = async (id: string, devices: DeviceRule[]): Promise<string> => {
    const { notEnforced } = await runtime.run(host.script(id, open, { linux: { resources: { devices } } }));
    t.strictSame(notEnforced, []);
    await runtime.wait(id);
    await runtime.delete(id);
    return host.output(id);
  };
  t.match(await output("denied", [{ allow: false }]), /Operation not permitted\nnull\n$/);
  t.equal(
    await output("allowed", [{ allow: false }, { allow: true, type: "c", major: 1, minor: 11 }]),
    "opened\nnull\n",
  );
});

t.test("a node passes controllers on to its own containers", async (t) => {
  const config = { ...scriptConfig(""), mounts: defaultMounts({ cgroup: "rw" }) };
  config.process = { ...config.process, capabilities: capabilitySetsFor(allCapabilityNames) };
  await runtime.run(host.script("node", "", { config, request: { pid1: "reaper" } }));
  const script =
    "cd /sys/fs/cgroup; echo +memory +pids > cgroup.subtree_control && mkdir pod && cat pod/cgroup.controllers; cat cgroup.procs";
  const process = { ...config.process, args: ["sh", "-c", script] };
  const session = await runtime.exec("node", { process });
  let output = "";
  for await (const chunk of session.stdout) output += chunk;
  t.equal(output, "memory pids\n", "no process is in its way");
  await runtime.delete("node", { force: true });
  t.strictSame(host.leftovers(), []);
});

t.test("an exec ends up in the container, also when the runtime itself is in a chroot", async (t) => {
  await runtime.run(host.script("chroot", "sleep 1000"));
  const session = await runtime.exec("chroot", {
    process: { cwd: "/", args: ["sh", "-c", "ls /; wc -l < /proc/self/mountinfo"], env: ["PATH=/bin"] },
  });
  let output = "";
  for await (const chunk of session.stdout) output += chunk;
  t.match(output, /^bin\ndev\netc\nproc\nroot\nsys\ntmp\n\d+\n$/);
  t.ok(Number(output.trim().split("\n").at(-1)) < 30, "nothing of the host is mounted");
  await runtime.delete("chroot", { force: true });
});

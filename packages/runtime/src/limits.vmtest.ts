import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findCgroup2, nativeExecutor } from "@drydock/linux";
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

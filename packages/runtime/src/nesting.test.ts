import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { directExecutor, nativeExecutor, readStatus } from "@drydock/linux";
import t from "tap";
import { makeTestHost, scriptConfig } from "./fixtures/test-host.ts";
import { allCapabilityNames, capabilitySetsFor, defaultMounts, defaultNamespaces, type StartRequest } from "./index.ts";

const repository = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");
const agent = fileURLToPath(new URL("./fixtures/node-agent.ts", import.meta.url));
const executors = process.arch === "x64" ? [nativeExecutor, directExecutor] : [directExecutor];

for (const executor of executors) {
  t.test(`a node is a container in which containers run (${executor.name})`, async (t) => {
    const host = makeTestHost(executor);
    t.teardown(() => host.dispose());
    const { runtime, directory } = host;
    writeFileSync(join(host.rootfs, "etc/hello"), "from the pod\n");

    const node: StartRequest = {
      id: "node",
      pid1: "reaper",
      root: { type: "volatile-overlay", lower: ["/"] },
      config: {
        ociVersion: "1.0.2",
        hostname: "node",
        root: { path: "/" },
        process: { cwd: "/", args: ["init"], capabilities: capabilitySetsFor(allCapabilityNames) },
        mounts: [
          ...defaultMounts({ cgroup: "rw", sys: "rw" }),
          { destination: "/run", type: "tmpfs", source: "tmpfs", options: ["mode=755"] },
          { destination: directory, source: directory, options: ["rbind"] },
          { destination: repository, source: repository, options: ["rbind", "ro"] },
        ],
        linux: { namespaces: defaultNamespaces(), sysctl: { "net.ipv4.ip_forward": "1" } },
      },
    };
    const { pid = 0 } = await runtime.run(node);
    t.match(readStatus(pid), { name: executor.name === "native" ? "drydock-init" : String });
    if (executor.name === "native")
      t.ok((readStatus(pid).residentBytes ?? 0) < 256 * 1024, "its first process is tiny");

    const exec = async (args: string[]): Promise<{ output: string; code: number }> => {
      const env = [`PATH=${process.env.PATH}`, "HOME=/root"];
      const capabilities = capabilitySetsFor(allCapabilityNames);
      const session = await runtime.exec("node", { process: { cwd: "/", args, env, capabilities } });
      session.stdin.end();
      let output = "";
      const read = async (stream: NodeJS.ReadableStream | undefined): Promise<void> => {
        if (stream) for await (const chunk of stream) output += chunk;
      };
      const [{ code }] = await Promise.all([session.exit, read(session.stdout), read(session.stderr)]);
      return { output, code };
    };

    const upper = join(directory, "pod-upper");
    const work = join(directory, "pod-work");
    const made = await exec([
      "sh",
      "-c",
      `mkdir ${upper} ${work}; echo 1 > /proc/sys/net/ipv4/conf/all/forwarding && cat /proc/sys/net/ipv4/ip_forward`,
    ]);
    t.strictSame(made, { output: "1\n", code: 0 }, "its network settings are its own");
    const namespaces = defaultNamespaces().map((one) =>
      one.type === "network" ? { ...one, path: "/run/netns-pod" } : one,
    );
    const pod = host.script("pod", "exec httpd -f -p 80 -h /etc", { linux: { namespaces, cgroupsPath: "pods/pod1" } });
    const requestFile = join(directory, "pod.json");
    writeFileSync(
      requestFile,
      JSON.stringify({ ...pod, root: { type: "overlay", lower: [host.rootfs], upper, work } }),
    );
    const { output, code } = await exec([process.execPath, agent, directory, requestFile, executor.name]);
    t.equal(code, 0, output);
    t.match(JSON.parse(output), {
      hostname: "box",
      page: "from the pod\n",
      pid: Number,
      exit: { code: 137, signal: 9 },
      podCgroup: "0::/pods/pod1",
      ownCgroup: "0::/init",
    });

    // Orphans are reaped by the first process: none is left as a zombie.
    await exec(["sh", "-c", "(sh -c 'sleep 0.01 & exit 0'); sleep 0.1"]);
    const cgroup = join(host.cgroupRoot, "drydock/node/init/cgroup.procs");
    t.strictSame(readFileSync(cgroup, "utf8").split("\n").filter(Boolean).map(Number), [pid]);

    await runtime.kill("node", 15);
    t.match(await runtime.wait("node"), { code: 0 }, "it ends on SIGTERM");
    await runtime.delete("node");
    t.strictSame(host.leftovers(), []);
    t.strictSame(readdirSync(join(directory, "pods")), [], "the node's own containers have left nothing");
  });
}

t.test("a node is killed with all that runs in it", async (t) => {
  const host = makeTestHost(nativeExecutor);
  t.teardown(() => host.dispose());
  const { mounts: _, ...config } = scriptConfig("");
  const request = host.script("node", "", {
    request: { pid1: "reaper" },
    config: { ...config, mounts: defaultMounts({ cgroup: "rw" }) },
  });
  await host.runtime.run(request);
  const session = await host.runtime.exec("node", {
    process: { cwd: "/", args: ["sleep", "1000"], env: ["PATH=/bin"] },
  });
  await host.runtime.delete("node", { force: true });
  t.match(await session.exit, { code: 137, signal: 9 });
  t.strictSame(host.leftovers(), []);
});

/** Pods connected by Debian's CNI plugins. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Logger, runCommand, silentLogger } from "@drydock/kit";
import { cString, MNT_DETACH, runProgram, syscallUnless } from "@drydock/linux";
import t from "tap";
import { namespacesProgram } from "../../native/sandbox-programs.ts";
import type { PodAttachment } from "../pod-network.ts";
import { CniNetwork } from "./cni-network.ts";

const directory = await mkdtemp(join(tmpdir(), "drydock-cni-"));
const bridge = `ddc${process.pid % 100000}`;
const podCidr = `10.${50 + (process.pid % 50)}.${Math.floor(process.pid / 50) % 250}.0/24`;
const confDir = join(directory, "net.d");
const records = join(directory, "records");
const leases = join(directory, "leases", "drydock-test");
const mounted: string[] = [];
t.teardown(async () => {
  for (const path of mounted) unmount(path);
  await runCommand("ip", ["-force", "-batch", "-"], { input: `link del ${bridge}\n` }).catch(() => {});
  await rm(directory, { recursive: true, force: true });
});

const ipam = { type: "host-local", dataDir: join(directory, "leases"), routes: [{ dst: "0.0.0.0/0" }] };
const chain = [
  { type: "bridge", bridge, isGateway: true, capabilities: { ipRanges: true }, ipam },
  { type: "tuning", sysctl: { "net.ipv4.conf.eth0.arp_notify": "1" } },
];
await mkdir(confDir);
await configure(chain);

t.test("a chain of plugins connects pods with one another", async (t) => {
  const network = await opened();
  const [a, b] = [await pod("a"), await pod("b")];
  const first = await network.attach(a, Promise.resolve());
  const second = await network.attach(b, Promise.resolve());
  await Promise.all([first.connected, second.connected]);
  t.match(first.ip, podCidr.replace("0/24", ""), "an address of the node's range");
  t.not(first.ip, second.ip);
  await runCommand("nsenter", [`--net=${a.netns}`, "busybox", "ping", "-c", "1", "-w", "10", second.ip]);
  const read = ["sysctl", "-n", "net.ipv4.conf.eth0.arp_notify"];
  t.equal(await runCommand("nsenter", [`--net=${a.netns}`, "busybox", ...read]), "1", "by the second plugin");

  for (const { podUid } of [a, b]) await network.disconnect(podUid);
  t.same(await takenAddresses(), []);
  t.equal(await devicesOf(a), "lo");
  t.same(await readdir(records), []);
  await network.disconnect(a.podUid);
  t.pass("a second time there is nothing to do");
});

t.test("an agent that died: what was half attached is given back, what is whole is looked at", async (t) => {
  const [whole, half] = [await pod("whole"), await pod("half")];
  await (await opened()).attach(whole, Promise.resolve());
  await configure([...chain, { type: "drydock-none" }]);
  // Not opened: the plugin that is not there would be found at once.
  const failing = new CniNetwork(options());
  await t.rejects(failing.attach(half, Promise.resolve()), {
    code: "AGENT_CNI",
    message: /there is no CNI plugin drydock-none in \/usr\/lib\/cni/,
    hint: /apt-get install -y containernetworking-plugins/,
  });
  t.equal((await takenAddresses()).length, 2, "the plugins before it have done their part");
  // Its plugin can give nothing back either, so that it stays written down until it can.
  await t.rejects((await opened([whole.podUid], false)).open(new Set([whole.podUid])), { code: "AGENT_CNI" });

  await writeFile(
    join(directory, "drydock-none"),
    '#!/bin/sh\ncat >/dev/null; echo \'{"supportedVersions":["1.0.0"]}\'\n',
    { mode: 0o755 },
  );
  await configure(chain);
  const warnings: string[] = [];
  await opened([whole.podUid], true, listening(warnings));
  t.equal((await takenAddresses()).length, 1);
  t.equal(await devicesOf(half), "lo");
  t.same(warnings, [], "CHECK finds the whole one as it was made");

  await runCommand("nsenter", [`--net=${whole.netns}`, "ip", "address", "flush", "dev", "eth0"]);
  const network = await opened([whole.podUid], true, listening(warnings));
  t.match(warnings, [/the network of a pod is not as it was made/]);

  // As after a reboot: the file is there, the namespace is not.
  unmount(whole.netns);
  await network.disconnect(whole.podUid);
  t.same(await takenAddresses(), []);
});

t.test("a plugin's own error, and a version that it does not know", async (t) => {
  await configure([{ type: "bridge", bridge, ipam: { ...ipam, ranges: [[{ subnet: "10.1.2.0/33" }]] } }]);
  const broken = await pod("broken");
  const network = await opened();
  await t.rejects(network.attach(broken, Promise.resolve()), {
    code: "AGENT_CNI",
    message: /^ADD by \/usr\/lib\/cni\/bridge failed: .*10\.1\.2\.0\/33/,
    details: { plugin: "bridge", command: "ADD" },
  });
  await network.disconnect(broken.podUid).catch(() => {});
  await configure(chain, "1.1.0");
  await t.rejects(opened(), {
    code: "AGENT_CNI_CONFIG",
    message: /plugin (bridge|tuning) does not know CNI 1\.1\.0/,
    hint: /write a cniVersion that it knows: .*1\.0\.0/,
  });
});

function options(logger: Logger = silentLogger) {
  return { confDir, binDirs: ["/usr/lib/cni", directory], podCidr, records, logger };
}

async function opened(kept: string[] = [], open = true, logger?: Logger): Promise<CniNetwork> {
  const network = new CniNetwork(options(logger));
  if (open) await network.open(new Set(kept));
  return network;
}

async function configure(plugins: object[], cniVersion = "1.0.0"): Promise<void> {
  await writeFile(join(confDir, "10-test.conflist"), JSON.stringify({ cniVersion, name: "drydock-test", plugins }));
}

async function pod(name: string): Promise<PodAttachment> {
  const namespaces = join(directory, name);
  await mkdir(namespaces);
  for (const kind of ["net", "uts", "ipc"]) {
    await writeFile(join(namespaces, kind), "");
    mounted.push(join(namespaces, kind));
  }
  await runProgram(namespacesProgram(namespaces, name));
  return { podUid: `uid-${name}`, namespace: "default", name, netns: join(namespaces, "net") };
}

function unmount(path: string): void {
  syscallUnless(["EINVAL", "ENOENT"], "umount2", cString(path), MNT_DETACH);
}

async function takenAddresses(): Promise<string[]> {
  return (await readdir(leases)).filter((name) => /^\d/.test(name));
}

async function devicesOf({ netns }: PodAttachment): Promise<string> {
  const lines = (await runCommand("nsenter", [`--net=${netns}`, "ip", "-br", "link"])).split("\n");
  return lines.map((line) => line.split(/[ @]/)[0]).join(" ");
}

function listening(warnings: string[]): Logger {
  return {
    ...silentLogger,
    warn: (_fields: object, message: string) => void warnings.push(message),
    child: () => silentLogger,
  };
}

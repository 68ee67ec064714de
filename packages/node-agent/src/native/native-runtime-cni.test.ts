/** The same runtime with its pods connected by Debian's CNI plugins. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import type { CniDirectories } from "../network/create-pod-network.ts";
import { nativeContract } from "../test/native-contract.ts";

const bridge = `ddp${process.pid % 100000}`;

if (process.getuid?.() === 0) {
  const podCidr = `10.${150 + (process.pid % 50)}.${Math.floor(process.pid / 50) % 250}.0/24`;
  await nativeContract({ bridge, podCidr, cni });
} else {
  t.plan(0, "needs root: namespaces, mounts, bridges");
}

async function cni(directory: string): Promise<CniDirectories> {
  const confDir = join(directory, "net.d");
  const ipam = { type: "host-local", dataDir: join(directory, "leases"), routes: [{ dst: "0.0.0.0/0" }] };
  const plugins = [{ type: "bridge", bridge, isGateway: true, capabilities: { ipRanges: true }, ipam }];
  const list = { cniVersion: "1.0.0", name: `drydock-test-${process.pid}`, plugins };
  await mkdir(confDir);
  await writeFile(join(confDir, "10-test.conflist"), JSON.stringify(list));
  return { confDir };
}

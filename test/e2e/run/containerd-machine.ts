import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import {
  connectCri,
  emptyContainerd,
  emptyCri,
  localCriPlugin,
  type ManagedContainerd,
  startContainerd,
} from "@drydock/containerd";
import { importSandboxImage } from "@drydock/node-agent";
import t from "tap";
import { RunDrydock, runSuite } from "./run-suite.ts";

/** The suite on a real containerd of its own, by its own API or by CRI. */
export async function runOnContainerd(name: "containerd" | "cri"): Promise<void> {
  const missing = ["containerd", "runc"].find((program) => spawnSync(program, ["--version"]).error);
  if (process.getuid?.() !== 0) t.plan(0, "needs root: namespaces, mounts, bridges");
  else if (missing) t.plan(0, `${missing} is not installed (apt-get install ${missing})`);
  else if (!existsSync("/usr/lib/cni/ptp")) t.plan(0, "no CNI plugins (apt-get install containernetworking-plugins)");
  else await run(name);
}

async function run(name: "containerd" | "cri"): Promise<void> {
  const directory = await mkdtemp("/tmp/ddrun-");
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const sandboxImage = "example.test/pause:1";
  const daemon = await startContainerd({ directory, cri: await localCriPlugin({ directory, sandboxImage }) });
  t.teardown(() => remove(daemon));
  await importSandboxImage({ socket: daemon.socket, name: sandboxImage });
  const cri = await connectCri({ socket: daemon.socket });
  const podCidr = `10.${50 + (process.pid % 30)}.${Math.floor(process.pid / 30) % 250}.0/24`;
  await cri.runtime.updateRuntimeConfig({ runtimeConfig: { networkConfig: { podCidr } } });
  cri.close();
  const drydock = new RunDrydock(await mkdtemp("/tmp/drydock-test-run-"));
  t.teardown(() => drydock.removeAll());
  await runSuite(drydock, { flags: ["--runtime", name, `--${name}-socket`, daemon.socket], name });
}

async function remove(daemon: ManagedContainerd): Promise<void> {
  await emptyCri(daemon.socket);
  await emptyContainerd(daemon.socket);
  await daemon.close();
}

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand, silentLogger } from "@drydock/kit";
import { buildBusyboxImage, openImageStore } from "@drydock/oci";
import t from "tap";
import { createNativeRuntime } from "../native/create-native-runtime.ts";
import type { CniDirectories } from "../network/create-pod-network.ts";
import { podRuntimeContract } from "./pod-runtime-contract.ts";

const image = "example.test/busybox:1";

export interface NativeSubject {
  /** Unique on this machine; at most 15 characters. */
  bridge: string;
  podCidr: string;
  /** Makes the configuration, in this directory, of a network by CNI. */
  cni?: (directory: string) => Promise<CniDirectories>;
}

/** The contract of PodRuntime on our own runtime, and that nothing is left after it. */
export async function nativeContract({ bridge, podCidr, cni }: NativeSubject): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "drydock-native-"));
  t.teardown(async () => {
    await runCommand("ip", ["link", "del", bridge]);
    await rm(directory, { recursive: true, force: true });
  });
  const archive = join(directory, "busybox.tar");
  await buildBusyboxImage({ busybox: "/bin/busybox", output: archive, name: image, version: "1" });
  await (await openImageStore({ directory: join(directory, "images") })).import(archive, image);
  const network = { podCidr, bridge, ...(cni ? { cni: await cni(directory) } : {}) };
  await podRuntimeContract({
    image,
    directory,
    async reopen() {
      const runtime = await createNativeRuntime({
        stateDir: join(directory, "state"),
        imageDir: join(directory, "images"),
        network,
        insecureRegistries: [],
        logger: silentLogger,
      });
      await runtime.pods.open();
      return runtime;
    },
  });
  await t.test("nothing is left", async (t) => {
    t.notMatch(await readFile("/proc/self/mountinfo", "utf8"), directory, "no mount");
    t.same(await readdir(join(directory, "state", "native", cni ? "network" : "addresses")), [], "no address");
  });
}

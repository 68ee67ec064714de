import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand, silentLogger } from "@drydock/kit";
import { buildBusyboxImage, openImageStore } from "@drydock/oci";
import t from "tap";
import { podRuntimeContract } from "../test/pod-runtime-contract.ts";
import { createNativeRuntime } from "./create-native-runtime.ts";

if (process.getuid?.() === 0) await main();
else t.plan(0, "needs root: namespaces, mounts, bridges");

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "drydock-native-"));
  const bridge = `ddn${process.pid % 100000}`;
  const image = "example.test/busybox:1";
  t.teardown(async () => {
    await runCommand("ip", ["link", "del", bridge]);
    await rm(directory, { recursive: true, force: true });
  });
  const archive = join(directory, "busybox.tar");
  await buildBusyboxImage({ busybox: "/bin/busybox", output: archive, name: image, version: "1" });
  await (await openImageStore({ directory: join(directory, "images") })).import(archive, image);
  await podRuntimeContract({
    image,
    directory,
    async reopen() {
      const runtime = await createNativeRuntime({
        stateDir: join(directory, "state"),
        imageDir: join(directory, "images"),
        podCidr: `10.${150 + (process.pid % 50)}.${Math.floor(process.pid / 50) % 250}.0/24`,
        bridge,
        insecureRegistries: [],
        logger: silentLogger,
      });
      await runtime.pods.open();
      return runtime;
    },
  });
  await t.test("nothing is left", async (t) => {
    t.notMatch(await readFile("/proc/self/mountinfo", "utf8"), directory, "no mount");
    t.same(await readdir(join(directory, "state", "native", "addresses")), [], "no address");
  });
}

import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emptyContainerd, startContainerd } from "@drydock/containerd";
import { runCommand, silentLogger } from "@drydock/kit";
import { buildBusyboxImage, openImageStore } from "@drydock/oci";
import t from "tap";
import { podRuntimeContract } from "../test/pod-runtime-contract.ts";
import { createContainerdRuntime } from "./create-containerd-runtime.ts";

const missing = ["containerd", "runc"].find((program) => spawnSync(program, ["--version"]).error);
if (process.getuid?.() !== 0) t.plan(0, "needs root: namespaces, mounts, bridges");
else if (missing) t.plan(0, `${missing} is not installed (apt-get install ${missing})`);
else await main();

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "ddn-"));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const bridge = `ddk${process.pid % 100000}`;
  const image = "example.test/busybox:1";
  const daemon = await startContainerd({ directory });
  t.teardown(async () => {
    await emptyContainerd(daemon.socket);
    await daemon.close();
    await runCommand("ip", ["link", "del", bridge]);
  });
  const archive = join(directory, "busybox.tar");
  await buildBusyboxImage({ busybox: "/bin/busybox", output: archive, name: image, version: "1" });
  await (await openImageStore({ directory: join(directory, "images") })).import(archive, image);
  await podRuntimeContract({
    image,
    directory,
    async reopen() {
      const runtime = await createContainerdRuntime({
        socket: daemon.socket,
        runc: daemon.runtime,
        stateDir: join(directory, "state"),
        imageDir: join(directory, "images"),
        podCidr: `10.${100 + (process.pid % 50)}.${Math.floor(process.pid / 50) % 250}.0/24`,
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
    t.same(await readdir(join(directory, "state", "containerd", "addresses")), [], "no address");
    t.same(await readdir(join(directory, "state", "containerd", "pods")), [], "no pod");
  });
}

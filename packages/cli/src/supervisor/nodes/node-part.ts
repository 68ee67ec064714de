import { mkdir } from "node:fs/promises";
import { messageOf } from "@drydock/kit";
import { createRuntime, type Runtime } from "@drydock/runtime";
import type { Part } from "../keep-running.ts";
import type { Plan } from "../plan.ts";
import { nodeContainer } from "./node-config.ts";
import { plugIn } from "./node-link.ts";
import { nodePaths } from "./node-paths.ts";
import { programDirectories } from "./programs.ts";

const SIGKILL = 9;

export function nodeRuntime({ paths, logger }: Plan): Runtime {
  return createRuntime({ stateDir: paths.containers, logger });
}

/** Starts one node: an empty machine on the network. Its agent comes later. */
export async function startNodePart(plan: Plan, name: string, index: number): Promise<Part> {
  const { identity, paths, network } = plan;
  const { state, images } = nodePaths(paths, name);
  await Promise.all([mkdir(state, { recursive: true }), mkdir(images, { recursive: true })]);
  const runtime = nodeRuntime(plan);
  // What an earlier life of this node has left; its processes are gone.
  await runtime.delete(name, { force: true });
  const programs = programDirectories(process.argv[1] as string, process.execPath);
  const { pid = 0 } = await runtime.run(nodeContainer({ name, cgroup: identity.cgroup, paths, programs }));
  const part: Part = {
    pid,
    ended: runtime.wait(name).then(
      ({ code }) => `exit code ${code}`,
      (error: unknown) => messageOf(error),
    ),
    async stop() {
      await runtime.kill(name, SIGKILL, { all: true }).catch(ignoreGone);
      await runtime.delete(name, { force: true });
    },
  };
  try {
    await plugIn(identity, index, pid, network.node(index), network.gateway);
  } catch (error) {
    await part.stop();
    throw error;
  }
  return part;
}

/** A node that has died already needs no kill; `delete` reports whatever else is wrong. */
function ignoreGone(): void {}

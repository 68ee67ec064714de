import type { PodRuntime } from "../port/pod-runtime.ts";

/** Stops every container of the node and gives back its sandboxes. What is known of how they ended stays. */
export async function drainNode(runtime: PodRuntime, graceMs: number): Promise<void> {
  const pods = await runtime.listPods();
  await Promise.all(
    pods.map(async (pod) => {
      const running = pod.containers.filter((container) => container.state === "running");
      await Promise.all(running.map(({ id }) => runtime.stopContainer(id, graceMs)));
      await runtime.stopSandbox(pod.uid);
    }),
  );
}

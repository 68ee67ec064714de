import { connectCri } from "./connect-cri.ts";

/** Stops and removes every sandbox with its containers, so that no network namespace, address or shim is left when the daemon goes. */
export async function emptyCri(socket: string): Promise<void> {
  const { runtime, close } = await connectCri({ socket });
  try {
    const { items } = await runtime.listPodSandbox({});
    for (const { id } of items) {
      await runtime.stopPodSandbox({ podSandboxId: id });
      await runtime.removePodSandbox({ podSandboxId: id });
    }
  } finally {
    close();
  }
}

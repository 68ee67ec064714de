import type { Session } from "../api/session.ts";
import { workloads } from "../api/types.ts";
import { print } from "../output/print.ts";

/** kubectl's annotation: a template that differs only by time is still a new template. */
const restartedAt = "kubectl.kubernetes.io/restartedAt";

export async function restart({ client, namespace }: Session, name: string): Promise<void> {
  const annotations = { [restartedAt]: new Date().toISOString() };
  await client.patch(workloads, { namespace, name }, "merge", { spec: { template: { metadata: { annotations } } } });
  print(`workload.drydock.dev/${name} restarted`);
}

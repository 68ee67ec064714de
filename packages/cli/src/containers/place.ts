import { join } from "node:path";
import type { RuntimeKind } from "@drydock/node-agent";

export const runtimeKinds: readonly RuntimeKind[] = ["native", "containerd", "cri"];

/** Where containers without a cluster are kept: one directory for each runtime, below `run` in the data directory. */
export interface Place {
  /** One directory for each container, named for it. */
  containers: string;
  /** The runtime adapter's own. */
  state: string;
  logs: string;
}

export function placeOf(dataDir: string, kind: RuntimeKind): Place {
  const root = join(dataDir, "run", kind);
  return { containers: join(root, "containers"), state: join(root, "state"), logs: join(root, "logs") };
}

/** The log of a container's one run, in CRI format whatever the runtime. */
export function logOf(place: Place, name: string): string {
  return join(place.logs, name, "0.log");
}

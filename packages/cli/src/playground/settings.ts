import { join } from "node:path";
import { installationRoot } from "../installation-root.ts";

/** What the Vagrantfile reads from the environment, with the same defaults. */
export interface PlaygroundSettings {
  /** Folder of the Vagrantfile. */
  directory: string;
  workers: number;
  /** MiB. */
  controlPlaneMemory: number;
  workerMemory: number;
  /** First three bytes of the private network. */
  network: string;
}

export function playgroundSettings(environment: NodeJS.ProcessEnv): PlaygroundSettings {
  const number = (name: string, otherwise: number): number => Number(environment[name] ?? otherwise);
  return {
    directory: join(installationRoot(), "vagrant"),
    workers: number("DRYDOCK_WORKERS", 2),
    controlPlaneMemory: number("DRYDOCK_MEM_CP", 2048),
    workerMemory: number("DRYDOCK_MEM_W", 1024),
    network: environment.DRYDOCK_NET ?? "192.168.56",
  };
}

/** Names of the machines: cp1, w1, w2 … */
export function machineNames({ workers }: PlaygroundSettings): string[] {
  return ["cp1", ...Array.from({ length: workers }, (_, i) => `w${i + 1}`)];
}

/** Where the administrator's kubeconfig is brought to. */
export function playgroundKubeconfig({ directory }: PlaygroundSettings): string {
  return join(directory, "kubeconfig");
}

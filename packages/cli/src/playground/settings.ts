import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "@drydock/kit";
import { installationRoot } from "../installation-root.ts";

/** What the Vagrantfile is told by the environment, with the same defaults. */
export interface PlaygroundSettings {
  /** Folder of the Vagrantfile. */
  directory: string;
  /** What makes machines: `vagrant`, or vagrant/plain, which takes the same commands and needs QEMU alone. */
  program: string;
  /** Three control planes behind a load balancer. */
  highlyAvailable: boolean;
  workers: number;
  /** MiB. */
  controlPlaneMemory: number;
  workerMemory: number;
  /** First three bytes of the private network. */
  network: string;
}

/** MiB of the load balancer. */
const balancerMemory = 384;

/** The settings of the environment, and where it says nothing those that the playground was brought up with. */
export function playgroundSettings(environment: NodeJS.ProcessEnv): PlaygroundSettings {
  const directory = join(installationRoot(), "vagrant");
  const program = existsSync(join(directory, ".vagrant", "plain")) ? plainProgram(directory) : "vagrant";
  return { directory, program, ...settingsFrom({ ...savedSettings(directory), ...environment }) };
}

/** Pure. */
export function settingsFrom(
  values: Readonly<Record<string, string | undefined>>,
): Omit<PlaygroundSettings, "directory" | "program"> {
  const number = (name: string, otherwise: number): number => Number(values[name] ?? otherwise);
  const highlyAvailable = values.DRYDOCK_HA === "1";
  return {
    highlyAvailable,
    workers: number("DRYDOCK_WORKERS", 2),
    controlPlaneMemory: number("DRYDOCK_MEM_CP", highlyAvailable ? 1280 : 2048),
    workerMemory: number("DRYDOCK_MEM_W", 1024),
    network: values.DRYDOCK_NET ?? "192.168.56",
  };
}

/** Makes machines without vagrant. */
export function plainProgram(directory: string): string {
  return join(directory, "plain");
}

/** What the Vagrantfile has kept of the `vagrant up` that made this playground: lines of NAME=value. */
function savedSettings(directory: string): Record<string, string> {
  try {
    const lines = readFileSync(join(directory, ".vagrant", "drydock", "settings"), "utf8").split("\n");
    return Object.fromEntries(
      lines.filter((line) => line.includes("=")).map((line) => line.split(/=(.*)/).slice(0, 2)),
    );
  } catch (error) {
    // There is no playground.
    if (errnoOf(error) === "ENOENT") return {};
    throw error;
  }
}

/** Names of the machines: cp1, w1, w2 …; with three control planes lb, cp1, cp2, cp3, w1 … */
export function machineNames({ workers, highlyAvailable }: PlaygroundSettings): string[] {
  const controlPlanes = highlyAvailable ? ["lb", "cp1", "cp2", "cp3"] : ["cp1"];
  return [...controlPlanes, ...Array.from({ length: workers }, (_, i) => `w${i + 1}`)];
}

/** MiB that the machines take when they run. */
export function memoryWanted({
  highlyAvailable,
  workers,
  controlPlaneMemory,
  workerMemory,
}: PlaygroundSettings): number {
  return (highlyAvailable ? balancerMemory + 3 * controlPlaneMemory : controlPlaneMemory) + workers * workerMemory;
}

/** Where the administrator's kubeconfig is brought to. */
export function playgroundKubeconfig({ directory }: PlaygroundSettings): string {
  return join(directory, "kubeconfig");
}

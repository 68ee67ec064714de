import type { LogLevel } from "../settings/definitions.ts";
import type { ClusterSettings } from "./record.ts";

/** What `up` asks for. What is undefined is taken from the last `up` on the same data, or chosen. */
export interface UpOptions {
  dataDir: string;
  kubeconfig: string;
  nodes: number | undefined;
  /** 0: any free port. */
  port: number | undefined;
  network: string | undefined;
  runtime: "native" | undefined;
  logLevel: LogLevel | undefined;
}

export const defaultPort = 6443;

/** The flags that ask for something else than what runs; empty when an `up` on it has nothing to do. Pure. */
export function differences(asked: UpOptions, running: ClusterSettings): string[] {
  const flags: string[] = [];
  if (asked.nodes !== undefined && asked.nodes !== running.nodes)
    flags.push(`--nodes ${asked.nodes} (it has ${running.nodes})`);
  if (asked.port !== undefined && asked.port !== 0 && asked.port !== running.port) {
    flags.push(`--port ${asked.port} (it has ${running.port})`);
  }
  if (asked.network !== undefined && asked.network !== running.network) {
    flags.push(`--network ${asked.network} (it has ${running.network})`);
  }
  return flags;
}

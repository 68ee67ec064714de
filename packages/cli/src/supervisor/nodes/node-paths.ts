import { join } from "node:path";
import type { DataPaths } from "../paths.ts";

/** What of the data directory one node sees, under the same names as on the host. Nothing else: the keys of the authorities stay outside. */
export interface NodePaths {
  /** Everything that its agent keeps. */
  root: string;
  /** Certificates and kubeconfig of the agent. */
  credentials: string;
  kubeconfig: string;
  servingCert: string;
  servingKey: string;
  clientCa: string;
  state: string;
  log: string;
  images: string;
}

export function nodePaths({ nodes, images }: DataPaths, name: string): NodePaths {
  const root = join(nodes, name);
  const credentials = join(root, "credentials");
  return {
    root,
    credentials,
    kubeconfig: join(credentials, "kubeconfig"),
    servingCert: join(credentials, "serving.crt"),
    servingKey: join(credentials, "serving.key"),
    clientCa: join(credentials, "ca.crt"),
    state: join(root, "state"),
    log: join(root, "agent.log"),
    images,
  };
}

/** The name servers that nodes use, as one file for all. */
export function nodeResolvConf({ nodes }: DataPaths): string {
  return join(nodes, "resolv.conf");
}

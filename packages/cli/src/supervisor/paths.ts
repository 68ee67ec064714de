import { join } from "node:path";

/** Where everything of one cluster is kept. Nothing is written outside, apart from kernel objects and /run/drydock. */
export interface DataPaths {
  root: string;
  /** What the cluster is and what of it runs. */
  cluster: string;
  kubeconfig: string;
  etcd: string;
  pki: string;
  images: string;
  /** One directory for each node: what its agent keeps. */
  nodes: string;
  /** State of the node containers, for the runtime. */
  containers: string;
  logs: string;
}

export function dataPaths(dataDir: string): DataPaths {
  return {
    root: dataDir,
    cluster: join(dataDir, "cluster.json"),
    kubeconfig: join(dataDir, "kubeconfig"),
    etcd: join(dataDir, "etcd"),
    pki: join(dataDir, "pki"),
    images: join(dataDir, "images"),
    nodes: join(dataDir, "nodes"),
    containers: join(dataDir, "containers"),
    logs: join(dataDir, "logs"),
  };
}

export function logPath({ logs }: DataPaths, part: string): string {
  return join(logs, `${part}.log`);
}

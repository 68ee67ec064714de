import { readFile } from "node:fs/promises";
import { ensurePki, openStore, type Store } from "@drydock/control-plane";
import { failure } from "../errors.ts";
import { dataPaths } from "../supervisor/paths.ts";
import { readRunning } from "../supervisor/record.ts";

/** The etcd of the cluster that runs on a data directory, past its API server. Close it. Throws CLUSTER_NOT_RUNNING. */
export async function openClusterStore(dataDir: string): Promise<Store> {
  const pid = (await readRunning(dataDir))?.processes.etcd?.pid;
  const endpoint = pid === undefined ? undefined : await endpointOf(pid);
  if (endpoint === undefined) {
    throw failure("CLUSTER_NOT_RUNNING", `no etcd of a cluster in ${dataDir} runs on this machine`, {
      hint: "drydock up starts it; --data-dir names another cluster",
    });
  }
  const pki = await ensurePki(dataPaths(dataDir).pki, { hosts: [] });
  const { cert, key } = pki.certificates["etcd-client"];
  return openStore({ endpoints: [endpoint], tls: { ca: pki.etcdCa.cert, cert, key } });
}

/** Where a running etcd listens, as its command line says. */
async function endpointOf(pid: number): Promise<string | undefined> {
  const flag = "--listen-client-urls=";
  const words = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0");
  return words.find((word) => word.startsWith(flag))?.slice(flag.length);
}

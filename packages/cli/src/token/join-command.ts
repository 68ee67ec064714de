import { type Client, ConfigMap, getIfExists } from "@drydock/machinery";
import { authorityHash, certificatesIn } from "../join/authority-hash.ts";

/** The command by which another machine joins, with what the user has to fill in. Pure. */
export function joinCommandLine(server: string, token: string, ca: string): string {
  const hashes = certificatesIn(ca).map((pem) => `--ca-cert-hash ${authorityHash(pem)}`);
  return ["drydock join", server, `--token ${token}`, ...hashes, "--node-name NAME --address ADDRESS"].join(" ");
}

/** Where others reach the API server: as the cluster tells it, unless our own way there is one for others, too. */
export async function serverForOthers(client: Client, server: string): Promise<string> {
  if (!/^https:\/\/(127\.|localhost|\[::1\])/.test(server)) return server;
  const info = await getIfExists(client, ConfigMap, { namespace: "kube-public", name: "cluster-info" });
  const { parse } = await import("yaml");
  const kubeconfig = parse(info?.data?.kubeconfig ?? "") as { clusters?: { cluster?: { server?: string } }[] } | null;
  return kubeconfig?.clusters?.[0]?.cluster?.server ?? server;
}

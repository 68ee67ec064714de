import { mkdir } from "node:fs/promises";
import { issueClientCertificate, issueServingCertificate, kubeconfigFor, type Pki } from "@drydock/control-plane";
import { writeFileAtomic } from "@drydock/kit";
import type { Plan } from "../plan.ts";
import { nodePaths } from "./node-paths.ts";

/** What an agent shows to the API server (a client certificate) and to who calls it (a serving certificate); new at each start. */
export async function writeCredentials(plan: Plan, pki: Pki, name: string, address: string): Promise<void> {
  const own = nodePaths(plan.paths, name);
  await mkdir(own.credentials, { recursive: true, mode: 0o700 });
  const user = `system:node:${name}`;
  const [client, serving] = await Promise.all([
    issueClientCertificate(pki, { commonName: user, organizations: ["system:nodes"] }),
    issueServingCertificate(pki, { commonName: user, organizations: ["system:nodes"], hosts: [address, name] }),
  ]);
  const server = `https://${plan.network.gateway}:${plan.settings.port}`;
  const text = kubeconfigFor({ server, ca: pki.ca.cert, ...client, clusterName: "drydock", user });
  await Promise.all([
    writeFileAtomic(own.kubeconfig, text, 0o600),
    writeFileAtomic(own.servingCert, serving.cert),
    writeFileAtomic(own.servingKey, serving.key, 0o600),
    writeFileAtomic(own.clientCa, pki.ca.cert),
  ]);
}

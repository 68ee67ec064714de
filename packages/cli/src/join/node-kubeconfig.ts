import { basename } from "node:path";
import type { CertificateFiles } from "@drydock/node-agent";

/** A kubeconfig that names the certificate's file instead of holding it: renewals replace the file. */
export function nodeKubeconfig({
  server,
  nodeName,
  files,
}: {
  server: string;
  nodeName: string;
  files: CertificateFiles;
}): string {
  // JSON strings are YAML strings, whatever they contain; paths are relative to the kubeconfig.
  const text = JSON.stringify;
  const user = text(`system:node:${nodeName}`);
  return `apiVersion: v1
kind: Config
clusters:
- name: drydock
  cluster:
    server: ${text(server)}
    certificate-authority: ${text(basename(files.ca))}
users:
- name: ${user}
  user:
    client-certificate: ${text(basename(files.client))}
    client-key: ${text(basename(files.client))}
contexts:
- name: drydock
  context:
    cluster: drydock
    user: ${user}
current-context: drydock
`;
}

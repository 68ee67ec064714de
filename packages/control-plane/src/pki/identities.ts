import type { CertificateRequest } from "./sign.ts";

/** Who may sign. etcd has its own authority: it lets in whoever shows a certificate of it, so no API client may have one. */
export type AuthorityName = "ca" | "etcd-ca";

export interface Identity extends Omit<CertificateRequest, "days"> {
  authority: AuthorityName;
}

export type IdentityName =
  | "apiserver"
  | "apiserver-client"
  | "admin"
  | "controller-manager"
  | "scheduler"
  | "etcd-server"
  | "etcd-client";

const LOOPBACK = ["localhost", "127.0.0.1", "::1"];
/** Names that pods know the API server by. */
const SERVICE_NAMES = [
  "kubernetes",
  "kubernetes.default",
  "kubernetes.default.svc",
  "kubernetes.default.svc.cluster.local",
];

/** The certificates that a control plane has from its first start. `hosts`: where the API server is reached. */
export function identities(hosts: readonly string[]): Record<IdentityName, Identity> {
  return {
    apiserver: {
      authority: "ca",
      commonName: "drydock-apiserver",
      hosts: [...new Set([...LOOPBACK, ...SERVICE_NAMES, ...hosts])],
      usages: ["server"],
    },
    // Shown by the API server to the node agents.
    "apiserver-client": {
      authority: "ca",
      commonName: "drydock-apiserver",
      organizations: ["drydock:apiserver"],
      usages: ["client"],
    },
    admin: { authority: "ca", commonName: "drydock-admin", organizations: ["system:masters"], usages: ["client"] },
    "controller-manager": { authority: "ca", commonName: "system:kube-controller-manager", usages: ["client"] },
    scheduler: { authority: "ca", commonName: "system:kube-scheduler", usages: ["client"] },
    // Members are clients of one another, and etcd's own HTTP gateway is a client of its gRPC port with this certificate.
    "etcd-server": { authority: "etcd-ca", commonName: "etcd", hosts: LOOPBACK, usages: ["server", "client"] },
    "etcd-client": { authority: "etcd-ca", commonName: "drydock-apiserver", usages: ["client"] },
  };
}

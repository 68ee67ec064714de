import { type CertificateOrder, signers } from "@drydock/machinery";

/** The certificate by which a node is known to the API server. */
export function clientOrder(nodeName: string): CertificateOrder {
  return {
    signerName: signers.nodeClient,
    usage: "client auth",
    commonName: `system:node:${nodeName}`,
    organizations: ["system:nodes"],
    generateName: "node-csr-",
  };
}

/** The certificate of a node's own server; the Node object must have the address by then. */
export function servingOrder(nodeName: string, address: string): CertificateOrder {
  return {
    ...clientOrder(nodeName),
    signerName: signers.nodeServing,
    usage: "server auth",
    hosts: [nodeName, address],
    generateName: "node-serving-csr-",
  };
}

import { X509Certificate } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { hasCode, pathExists, writeFileAtomic } from "@drydock/kit";
import { type Client, type ClientCredentials, createClient, Node, requestCertificate } from "@drydock/machinery";
import {
  type CertificateFiles,
  certificateFiles,
  clientOrder,
  readCertificate,
  servingOrder,
  writeCertificate,
} from "@drydock/node-agent";
import { failure } from "../errors.ts";
import { version } from "../version.ts";
import { discoverAuthority } from "./discover.ts";
import { nodeKubeconfig } from "./node-kubeconfig.ts";

export interface JoinRequest {
  /** `https://10.0.0.1:6443` */
  server: string;
  token: string;
  /** Of the cluster's authority; one of them must fit. */
  hashes: readonly string[];
  nodeName: string;
  /** By which the API server and other nodes reach this one. */
  address: string;
  podCidr?: string | undefined;
  /** Where certificates and kubeconfig are written. */
  directory: string;
  timeoutMs: number;
  report: (step: string) => void;
}

/**
 * Makes this machine a node of a cluster as far as certificates go: finds out whether it is the right cluster, shows the
 * token, and comes back with a client certificate, a serving certificate and a kubeconfig. Keys are made here and stay
 * here. A machine that has joined already is left as it is. Returns whether it has joined now.
 *
 * Throws JOIN_* for the server, JOIN_TOKEN_REFUSED, CERTIFICATE_DENIED, JOIN_TIMEOUT.
 */
export async function joinCluster(request: JoinRequest): Promise<boolean> {
  const { server, nodeName, report, directory } = request;
  const files = certificateFiles(directory);
  if (await hasJoined(files, nodeName)) {
    report(`this machine is node ${nodeName} already: ${directory}`);
    return false;
  }
  const signal = AbortSignal.timeout(request.timeoutMs);
  report(`asking ${server} who it is`);
  const ca = await discoverAuthority(server, request.hashes);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  report(`asking for the certificate of node ${nodeName}`);
  const client = await withClient({ server, ca, token: request.token }, (api) =>
    clientCertificate(api, nodeName, signal),
  );
  report("registering the node, and asking for its serving certificate");
  const serving = await withClient({ server, ca, ...client }, async (api) => {
    await register(api, request, signal);
    return inTime(requestCertificate(api, servingOrder(nodeName, request.address), signal), signal);
  });
  // The client certificate last: with it this machine counts as joined.
  await writeFileAtomic(files.ca, ca);
  await writeFileAtomic(files.kubeconfig, nodeKubeconfig({ server, nodeName, files }), 0o600);
  await writeCertificate(files.serving, serving);
  await writeCertificate(files.client, client);
  return true;
}

/** A certificate that has ended is none: the machine joins again. Throws JOIN_OTHER_NODE. */
async function hasJoined(files: CertificateFiles, nodeName: string): Promise<boolean> {
  if (!(await pathExists(files.client))) return false;
  const certificate = new X509Certificate((await readCertificate(files.client)).cert);
  if (certificate.validToDate.getTime() <= Date.now()) return false;
  const user = /^CN=(.*)$/m.exec(certificate.subject)?.[1];
  if (user === `system:node:${nodeName}`) return true;
  throw failure("JOIN_OTHER_NODE", `${files.client} makes this machine ${user}, not system:node:${nodeName}`, {
    hint: "take the same --node-name, or remove that directory to join anew",
    details: { file: files.client, user },
  });
}

async function withClient<T>(
  access: { server: string; ca: string; token: string } | ({ server: string; ca: string } & ClientCredentials),
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = createClient(access, { userAgent: `drydock-join/${version}` });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

async function clientCertificate(client: Client, nodeName: string, signal: AbortSignal): Promise<ClientCredentials> {
  try {
    return await inTime(requestCertificate(client, clientOrder(nodeName), signal), signal);
  } catch (error) {
    if (!hasCode(error, "API_UNAUTHORIZED")) throw error;
    throw failure(
      "JOIN_TOKEN_REFUSED",
      "the cluster does not take the token: it has ended, was deleted, or never was",
      {
        hint: "make another where the cluster's kubeconfig is: drydock token create --print-join-command",
        cause: error,
      },
    );
  }
}

/** A certificate that nobody signs has a reason that this machine cannot see. */
async function inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw failure("JOIN_TIMEOUT", "the certificate that was asked for did not come in time", {
      hint: "do the controllers run, with the authority's key? kubectl get csr shows the request",
      cause: error,
    });
  }
}

/** Serving certificates are for addresses that the Node object states, so it comes first. */
async function register(
  client: Client,
  { nodeName, address, podCidr }: JoinRequest,
  signal: AbortSignal,
): Promise<void> {
  const addresses = [
    { type: "InternalIP" as const, address },
    { type: "Hostname" as const, address: nodeName },
  ];
  try {
    await client.create(
      Node,
      {
        apiVersion: "v1",
        kind: "Node",
        metadata: { name: nodeName, labels: { "kubernetes.io/hostname": nodeName } },
        ...(podCidr ? { spec: { podCIDR: podCidr, podCIDRs: [podCidr] } } : {}),
        status: { addresses },
      },
      { signal },
    );
  } catch (error) {
    if (!hasCode(error, "API_ALREADY_EXISTS")) throw error;
    await client.patch(Node, { name: nodeName }, "merge", { status: { addresses } }, { subresource: "status", signal });
  }
}

import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { messageOf } from "@drydock/kit";
import { failure } from "../errors.ts";
import { authorityHash, certificatesIn } from "./authority-hash.ts";

const path = "/api/v1/namespaces/kube-public/configmaps/cluster-info";
const timeoutMs = 10_000;
/** cluster-info has a few KB; a stranger may send what it likes. */
const limitBytes = 1024 * 1024;

/**
 * The authority of the cluster at `server`, PEM. It is asked of a server that nobody vouches for yet, and believed only
 * when the hash of each certificate is among those that the user gave; then the server must show that it has a
 * certificate of that authority. Nothing secret is sent before. Throws JOIN_UNREACHABLE, JOIN_NO_CLUSTER_INFO,
 * JOIN_WRONG_AUTHORITY.
 */
export async function discoverAuthority(server: string, hashes: readonly string[]): Promise<string> {
  const authority = await authorityIn(await fetchClusterInfo(server, undefined), server);
  const unknown = certificatesIn(authority)
    .map(authorityHash)
    .filter((hash) => !hashes.includes(hash));
  if (unknown.length > 0) {
    throw failure(
      "JOIN_WRONG_AUTHORITY",
      `${server} belongs to another cluster: its authority has the hash ${unknown[0]}`,
      {
        hint: "nothing was sent to it; get the hash from a machine that you trust: drydock token create --print-join-command",
        details: { server, found: unknown, expected: hashes },
      },
    );
  }
  await fetchClusterInfo(server, authority);
  return authority;
}

/** Without an authority the server is not checked: what it says must be. */
function fetchClusterInfo(server: string, authority: string | undefined): Promise<string> {
  const trust = authority === undefined ? { rejectUnauthorized: false } : { ca: authority };
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => reject(unreachable(server, cause, authority !== undefined));
    const options = { ...trust, agent: false, headers: { accept: "application/json" }, timeout: timeoutMs };
    const asked = request(new URL(path, server), options, (response) => {
      textOf(response).then((text) => {
        if (response.statusCode === 200) resolve(text);
        else reject(noClusterInfo(server, `it answers with ${response.statusCode}`));
      }, fail);
    });
    asked.on("timeout", () => asked.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    asked.on("error", fail);
    asked.end();
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) {
    text += chunk;
    if (text.length > limitBytes) throw new Error("the answer is too long");
  }
  return text;
}

async function authorityIn(body: string, server: string): Promise<string> {
  const { parse } = await import("yaml");
  let kubeconfig: { clusters?: { cluster?: Record<string, unknown> }[] } | null;
  try {
    const info = JSON.parse(body) as { data?: { kubeconfig?: string } };
    kubeconfig = parse(info.data?.kubeconfig ?? "");
  } catch (cause) {
    throw noClusterInfo(server, `its answer cannot be read: ${messageOf(cause)}`);
  }
  const data = kubeconfig?.clusters?.[0]?.cluster?.["certificate-authority-data"];
  const authority = typeof data === "string" ? Buffer.from(data, "base64").toString("utf8") : "";
  if (certificatesIn(authority).length === 0) throw noClusterInfo(server, "its answer names no authority");
  return authority;
}

function noClusterInfo(server: string, why: string): Error {
  return failure("JOIN_NO_CLUSTER_INFO", `${server} does not tell who its authority is: ${why}`, {
    hint: "is this the address of the API server?",
    details: { server },
  });
}

function unreachable(server: string, cause: unknown, trusted: boolean): Error {
  const why = trusted ? "its certificate is not one of the cluster's" : "it cannot be reached";
  return failure(trusted ? "JOIN_WRONG_AUTHORITY" : "JOIN_UNREACHABLE", `${server}: ${why}: ${messageOf(cause)}`, {
    hint: trusted
      ? "somebody stands between, or the server's certificate lacks this address: start the control plane with --listen or --tls-san for it"
      : "check the address, and that the API server listens there",
    details: { server },
    cause,
  });
}

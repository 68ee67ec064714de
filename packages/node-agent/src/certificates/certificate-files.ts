import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, writeFileAtomic } from "@drydock/kit";
import type { ClientCredentials } from "@drydock/machinery";
import { agentError } from "../errors.ts";

/** Where a node keeps what it got when it joined. A certificate and its key are in one file: one rename replaces both. */
export interface CertificateFiles {
  /** By which the node is known to the API server. */
  client: string;
  /** Which the agent's server shows. */
  serving: string;
  /** The cluster's authority. */
  ca: string;
  /** How the API server is reached; names the files above. */
  kubeconfig: string;
}

export function certificateFiles(directory: string): CertificateFiles {
  return {
    client: join(directory, "client.pem"),
    serving: join(directory, "serving.pem"),
    ca: join(directory, "ca.crt"),
    kubeconfig: join(directory, "kubeconfig"),
  };
}

export async function writeCertificate(file: string, { cert, key }: ClientCredentials): Promise<void> {
  await writeFileAtomic(file, `${key.trimEnd()}\n${cert.trimEnd()}\n`, 0o600);
}

/** Throws AGENT_NO_CERTIFICATE. */
export async function readCertificate(file: string): Promise<ClientCredentials> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw agentError("AGENT_NO_CERTIFICATE", `certificate ${file} cannot be read: ${messageOf(cause)}`, {
      hint: "let the node join first: drydock join --help",
      cause,
    });
  }
  const [key = ""] = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----\n?/.exec(text) ?? [];
  const cert = [...text.matchAll(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n?/g)].join("");
  if (key === "" || cert === "") {
    throw agentError("AGENT_NO_CERTIFICATE", `${file} does not hold a certificate and its key`, {
      hint: "remove the directory and let the node join again: drydock join --help",
    });
  }
  return { cert, key };
}

import { createPrivateKey, X509Certificate } from "node:crypto";
import { messageOf } from "@drydock/kit";
import { failure } from "../errors.ts";

/** A certificate and its private key (ECDSA P-256, PKCS #8), as PEM texts. */
export interface KeyPair {
  cert: string;
  key: string;
}

/** A key pair that is kept on disk: one file holds both, so that one rename replaces both. Mode 0600. */
export interface StoredKeyPair extends KeyPair {
  /** Key and certificate in one PEM file, which Go, OpenSSL, curl and etcd take for either. */
  file: string;
}

const BLOCK = /-----BEGIN ([A-Z ]+)-----[\s\S]+?-----END \1-----\n?/g;

/** Takes a PEM file apart. Throws PKI_UNUSABLE when it does not hold a certificate and the key that belongs to it. */
export function parseKeyPair(text: string, file: string): StoredKeyPair {
  let cert = "";
  let key = "";
  for (const [block, label] of text.matchAll(BLOCK)) {
    if (label === "CERTIFICATE") cert += block;
    else if (label?.endsWith("PRIVATE KEY")) key += block;
  }
  try {
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
      throw new Error("key and certificate differ");
  } catch (error) {
    throw failure("PKI_UNUSABLE", `${file} does not hold a certificate and its key: ${messageOf(error)}`, {
      cause: error,
      details: { file },
    });
  }
  return { cert, key, file };
}

export function formatKeyPair({ cert, key }: KeyPair): string {
  return `${key.trimEnd()}\n${cert.trimEnd()}\n`;
}

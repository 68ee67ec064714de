import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "@drydock/kit";

export interface TestCertificate {
  certificatePath: string;
  keyPath: string;
  /** PEM. */
  certificate: string;
  key: string;
}

/** A certificate for 127.0.0.1 that signs itself, so that it is its own CA; nobody trusts it who was not told to. */
export async function selfSignedCertificate(directory: string, name: string): Promise<TestCertificate> {
  const certificatePath = join(directory, `${name}.crt`);
  const keyPath = join(directory, `${name}.key`);
  const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
  const key = ["-newkey", "rsa:2048", "-nodes", "-keyout", keyPath];
  await runCommand("openssl", ["req", "-x509", "-days", "2", ...key, "-out", certificatePath, ...subject]);
  return {
    certificatePath,
    keyPath,
    certificate: await readFile(certificatePath, "utf8"),
    key: await readFile(keyPath, "utf8"),
  };
}

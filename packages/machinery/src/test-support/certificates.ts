import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "@drydock/kit";

export interface Certificates {
  ca: string;
  server: { cert: string; key: string };
  client: { cert: string; key: string };
}

/** A CA, a server certificate for 127.0.0.1 and a client certificate (CN=tester, O=testers), made with openssl; for tests. */
export async function makeCertificates(): Promise<Certificates> {
  const directory = await mkdtemp("/tmp/drydock-machinery-");
  try {
    const file = (name: string): string => join(directory, name);
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const openssl = (...args: string[]): Promise<string> => runCommand("openssl", args, { timeoutMs: 20_000 });
    await openssl(
      "req",
      "-x509",
      ...newKey,
      "-keyout",
      file("ca.key"),
      "-out",
      file("ca.pem"),
      "-subj",
      "/CN=test-ca",
      "-days",
      "2",
    );
    const issue = async (name: string, subject: string, extensions: string): Promise<{ cert: string; key: string }> => {
      const out = {
        cert: file(`${name}.pem`),
        key: file(`${name}.key`),
        request: file(`${name}.csr`),
        ext: file(`${name}.ext`),
      };
      await openssl("req", ...newKey, "-keyout", out.key, "-out", out.request, "-subj", subject);
      await writeFile(out.ext, extensions);
      const signer = ["-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial"];
      await openssl("x509", "-req", "-in", out.request, ...signer, "-out", out.cert, "-days", "2", "-extfile", out.ext);
      return { cert: await readFile(out.cert, "utf8"), key: await readFile(out.key, "utf8") };
    };
    return {
      server: await issue("server", "/CN=server", "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n"),
      client: await issue("client", "/O=testers/CN=tester", "extendedKeyUsage=clientAuth\n"),
      ca: await readFile(file("ca.pem"), "utf8"),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

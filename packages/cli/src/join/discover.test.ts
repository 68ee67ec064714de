import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensurePki } from "@drydock/control-plane";
import t from "tap";
import { authorityHash, checkHash } from "./authority-hash.ts";
import { discoverAuthority } from "./discover.ts";

const directory = await mkdtemp(join(tmpdir(), "drydock-discover-"));
t.teardown(() => rm(directory, { recursive: true, force: true }));
const ours = await ensurePki(join(directory, "ours"), { hosts: [] });
const theirs = await ensurePki(join(directory, "theirs"), { hosts: [] });
const hash = authorityHash(ours.ca.cert);

/** A server with one cluster's certificate that tells of another's (or the same) authority. */
async function serve(
  t: { teardown(end: () => unknown): void },
  { tls, ca }: { tls: { cert: string; key: string }; ca: string },
  answer?: string,
): Promise<{ url: string; headers: string[] }> {
  const headers: string[] = [];
  const cluster = { "certificate-authority-data": Buffer.from(ca).toString("base64"), server: "https://elsewhere" };
  const kubeconfig = JSON.stringify({ clusters: [{ name: "", cluster }] });
  const server = createServer({ cert: tls.cert, key: tls.key }, (request, response) => {
    headers.push(JSON.stringify(request.headers));
    response.end(answer ?? JSON.stringify({ data: { kubeconfig } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, headers };
}

t.test("the cluster whose hash was given", async (t) => {
  const { url, headers } = await serve(t, { tls: ours.certificates.apiserver, ca: ours.ca.cert });
  t.equal(await discoverAuthority(url, [hash]), ours.ca.cert);
  t.equal(headers.length, 2, "first unchecked, then checked");
  t.notMatch(headers.join(), /authorization/);
});

t.test("another cluster, and somebody between", async (t) => {
  const other = await serve(t, { tls: theirs.certificates.apiserver, ca: theirs.ca.cert });
  await t.rejects(discoverAuthority(other.url, [hash]), { code: "JOIN_WRONG_AUTHORITY" });
  const between = await serve(t, { tls: theirs.certificates.apiserver, ca: ours.ca.cert });
  await t.rejects(discoverAuthority(between.url, [hash]), { code: "JOIN_WRONG_AUTHORITY" });
  const both = await serve(t, { tls: theirs.certificates.apiserver, ca: `${ours.ca.cert}${theirs.ca.cert}` });
  await t.rejects(
    discoverAuthority(both.url, [hash]),
    { code: "JOIN_WRONG_AUTHORITY" },
    "every authority must be known",
  );
});

t.test("what is no API server", async (t) => {
  const parts = { tls: ours.certificates.apiserver, ca: ours.ca.cert };
  for (const answer of ["<html>", "{}", '{"data":{"kubeconfig":"{}"}}', "x".repeat(2_000_000)]) {
    const { url } = await serve(t, parts, answer);
    await t.rejects(
      discoverAuthority(url, [hash]),
      { code: /^JOIN_(NO_CLUSTER_INFO|UNREACHABLE)$/ },
      answer.slice(0, 30),
    );
  }
  await t.rejects(discoverAuthority("https://127.0.0.1:1", [hash]), { code: "JOIN_UNREACHABLE" });
});

t.test("the hash is kubeadm's", async (t) => {
  t.equal(checkHash(hash.toUpperCase().replace("SHA256", "sha256")), hash);
  for (const text of ["", "sha256:", hash.slice(0, -1), hash.replace("sha256", "md5")])
    t.throws(() => checkHash(text), { code: "CLI_USAGE" });
});

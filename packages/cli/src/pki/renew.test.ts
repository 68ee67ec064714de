import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensurePki, kubeconfigFor } from "@drydock/control-plane";
import { loadKubeconfig } from "@drydock/machinery";
import t from "tap";
import { renewPki } from "./renew.ts";
import { pkiRows, pkiStatus } from "./status.ts";

const dataDir = await mkdtemp(join(tmpdir(), "drydock-pki-"));
t.teardown(() => rm(dataDir, { recursive: true, force: true }));
const kubeconfig = join(dataDir, "kubeconfig");

t.test("a data directory without certificates", async (t) => {
  await t.rejects(pkiStatus(dataDir), { code: "CLI_NOTHING_FOUND" });
  await t.rejects(renewPki({ dataDir, kubeconfig, names: [] }), { code: "CLI_NOTHING_FOUND" });
});

t.test("the administrator's kubeconfig gets the new certificate, and says what to restart", async (t) => {
  const pki = await ensurePki(join(dataDir, "pki"), { hosts: [] });
  const { cert, key } = pki.certificates.admin;
  const parts = {
    server: "https://127.0.0.1:6443",
    ca: pki.ca.cert,
    cert,
    key,
    clusterName: "x",
    user: "drydock-admin",
  };
  await writeFile(kubeconfig, kubeconfigFor(parts), { mode: 0o600 });
  const { renewed, remarks } = await renewPki({ dataDir, kubeconfig, names: ["admin", "scheduler"] });
  t.same(renewed, ["admin", "scheduler"]);
  t.match(remarks.join("\n"), /restart/);
  const access = await loadKubeconfig(kubeconfig);
  t.equal(access.server, parts.server);
  t.not(access.cert, cert);
  t.ok(
    new X509Certificate(access.cert ?? "").checkPrivateKey(
      (await import("node:crypto")).createPrivateKey(access.key ?? ""),
    ),
  );
  const rows = pkiRows(await pkiStatus(dataDir), Date.now() + 400 * 24 * 3600_000);
  t.equal(rows.find(([name]) => name === "admin")?.[2], "has ended");
  t.equal(rows.find(([name]) => name === "ca")?.[3], "(itself)");
});

import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { ensurePki, kubeconfigFor } from "@drydock/control-plane";
import { pathExists, writeFileAtomic } from "@drydock/kit";
import type { Settings } from "../settings/settings.ts";
import { dataPaths } from "../supervisor/paths.ts";

/** Writes the administrator's kubeconfig when there is none, so that who runs a control plane by hand can talk to it. */
export async function ensureAdminKubeconfig({ dataDir, kubeconfig }: Settings, server: string): Promise<void> {
  if (await pathExists(kubeconfig)) return;
  const { ca, certificates } = await ensurePki(dataPaths(dataDir).pki, { hosts: [] });
  const { cert, key } = certificates.admin;
  const text = kubeconfigFor({ server, ca: ca.cert, cert, key, clusterName: "drydock", user: "drydock-admin" });
  await mkdir(dirname(kubeconfig), { recursive: true, mode: 0o700 });
  await writeFileAtomic(kubeconfig, text, 0o600);
}

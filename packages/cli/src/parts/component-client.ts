import { ensurePki } from "@drydock/control-plane";
import type { Logger } from "@drydock/kit";
import { type Client, createClient, loadKubeconfig } from "@drydock/machinery";
import { dataPaths } from "../supervisor/paths.ts";
import { version } from "../version.ts";

/**
 * A client by which a part of the control plane is known to the API server, with the right that this part has and no more. The address comes from the
 * kubeconfig, the certificate from the data directory.
 */
export async function componentClient(
  { dataDir, kubeconfig }: { dataDir: string; kubeconfig: string },
  identity: "controller-manager" | "scheduler",
  logger: Logger,
): Promise<Client> {
  const [{ server, ca }, pki] = await Promise.all([
    loadKubeconfig(kubeconfig),
    ensurePki(dataPaths(dataDir).pki, { hosts: [], logger }),
  ]);
  const { cert, key } = pki.certificates[identity];
  return createClient({ server, ca, cert, key }, { userAgent: `drydock-${identity}/${version}`, logger });
}

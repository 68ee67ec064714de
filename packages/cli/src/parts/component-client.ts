import { ensurePki } from "@drydock/control-plane";
import type { Logger } from "@drydock/kit";
import { type Client, createClient, loadKubeconfig } from "@drydock/machinery";
import { dataPaths } from "../supervisor/paths.ts";
import { version } from "../version.ts";

/**
 * A client by which a part of the control plane is known to the API server, with the right that this part has and no more. The certificate and the
 * authority come from the data directory, the address from the kubeconfig unless it is given.
 */
export async function componentClient(
  { dataDir, kubeconfig }: { dataDir: string; kubeconfig: string },
  identity: "controller-manager" | "scheduler",
  logger: Logger,
  server?: string,
): Promise<Client> {
  const [access, pki] = await Promise.all([
    server === undefined ? loadKubeconfig(kubeconfig) : { server },
    ensurePki(dataPaths(dataDir).pki, { hosts: [], logger }),
  ]);
  const { cert, key } = pki.certificates[identity];
  return createClient(
    { server: access.server, ca: pki.ca.cert, cert, key },
    { userAgent: `drydock-${identity}/${version}`, logger },
  );
}

import { DrydockError, hasCode, pathExists } from "@drydock/kit";
import { type Client, type ClientConfig, createClient, loadKubeconfig, type Status } from "@drydock/machinery";
import type { Command } from "commander";
import { failure } from "../errors.ts";
import { type Settings, settingsOf } from "../settings/settings.ts";
import { version } from "../version.ts";

/** What a command that talks to the API server works with. */
export interface Session {
  client: Client;
  /** From -n, DRYDOCK_NAMESPACE or the kubeconfig. */
  namespace: string;
  settings: Settings;
}

/** Opens a session for one command and closes it when the work is done, also after a failure. */
export async function withSession<T>(command: Command, work: (session: Session) => Promise<T>): Promise<T> {
  const settings = await settingsOf(command);
  const access = await accessOf(settings);
  const client = createClient(access, { userAgent: `drydock/${version}` });
  try {
    return await work({ client, namespace: settings.namespace ?? access.namespace ?? "default", settings });
  } catch (error) {
    throw unreachable(error, access.server);
  } finally {
    await client.close();
  }
}

export async function accessOf({ kubeconfig }: Settings): Promise<ClientConfig> {
  // What hinders a look at it hinders reading it, and is told from there.
  if (!(await pathExists(kubeconfig).catch(() => true))) {
    throw failure("KUBECONFIG_MISSING", `no cluster to talk to: ${kubeconfig} does not exist`, {
      hint: "start a cluster with: drydock up --detach (or name another with --data-dir or --kubeconfig)",
    });
  }
  return loadKubeconfig(kubeconfig);
}

/** Nobody listens at the server's address, or the server cannot reach what it stores to: say what to do about it. */
function unreachable(error: unknown, server: string): unknown {
  if (!hasCode(error, "API_UNAVAILABLE")) return error;
  if (isStoreAway(error)) {
    return new DrydockError(error.code, error.message, {
      hint: "what runs goes on running, only nothing can be changed or read meanwhile. drydock status shows whether etcd comes back; drydock down and up start it anew with its data",
      details: error.details,
      cause: error,
    });
  }
  if (error.details.reason !== "ECONNREFUSED") return error;
  return new DrydockError(error.code, `no API server answers at ${server}`, {
    hint: "drydock status shows what of the cluster runs; drydock up --detach starts it",
    details: error.details,
    cause: error,
  });
}

/** The API server tells it by a cause in its Status, for programs; the message is for people. */
function isStoreAway({ details }: DrydockError): boolean {
  const status = details.status as Status | undefined;
  return status?.details?.causes?.some(({ reason }) => reason === "StoreUnavailable") ?? false;
}

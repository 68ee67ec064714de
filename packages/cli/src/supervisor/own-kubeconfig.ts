import { readTextIfExists } from "@drydock/kit";
import { failure } from "../errors.ts";

const ownUser = "drydock-admin";

/**
 * Whether nothing is lost when a kubeconfig is written anew or deleted: it is not there, or holds only what `up` writes. A user's own
 * kubeconfig, named by --kubeconfig or DRYDOCK_KUBECONFIG, has other users in it. What cannot be read as a kubeconfig is not ours either.
 */
export async function isOwnKubeconfig(path: string): Promise<boolean> {
  const text = await readTextIfExists(path);
  if (text === undefined || text.trim() === "") return true;
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text);
  if (document.errors.length > 0) return false;
  const config = document.toJS() as { users?: { name?: unknown }[] } | null;
  return Array.isArray(config?.users) && config.users.length > 0 && config.users.every(({ name }) => name === ownUser);
}

/** Throws CLUSTER_DATA_DIR when `up` would overwrite a kubeconfig with other clusters in it. */
export async function requireOwnKubeconfig(path: string): Promise<void> {
  if (await isOwnKubeconfig(path)) return;
  throw failure("CLUSTER_DATA_DIR", `${path} is a kubeconfig with other users in it, and up would overwrite it`, {
    hint: "name another file with --kubeconfig, or leave it out: then it is a file of its own in the data directory",
    details: { path },
  });
}

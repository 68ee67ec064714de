import { hasCode } from "@drydock/kit";
import { type Client, Pod } from "@drydock/machinery";

/** Takes a pod that has ended out of the API. False when it stays for now, because somebody's finalizer holds it. */
export async function deleteFromApi(client: Client, pod: Pod): Promise<boolean> {
  const { namespace, name, uid } = pod.metadata;
  const preconditions = uid === undefined ? {} : { uid };
  try {
    const left = await client.delete(Pod, { namespace, name }, { gracePeriodSeconds: 0, preconditions });
    return left === undefined || (left.metadata.finalizers ?? []).length === 0;
  } catch (error) {
    // Conflict: another pod has the name by now.
    if (hasCode(error, "API_NOT_FOUND", "API_CONFLICT")) return true;
    throw error;
  }
}

import { hasCode } from "@drydock/kit";

/** The answer, or undefined when there is no such thing, or no longer. */
export async function ignoringMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (hasCode(error, "CONTAINERD_NOT_FOUND")) return undefined;
    throw error;
  }
}

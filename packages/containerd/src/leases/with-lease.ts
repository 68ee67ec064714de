import { randomBytes } from "node:crypto";
import { type Logger, messageOf } from "@drydock/kit";
import type { ContainerdServices } from "../api/services.ts";

/** After this the collector takes what a client that died was making. */
const expiryMs = 24 * 60 * 60 * 1000;

/**
 * Runs `action` with a lease: what is made with its id is not collected until the action has ended. By then something that stays
 * (an image, a container) must refer to it.
 */
export async function withLease<T>(
  { leases }: Pick<ContainerdServices, "leases">,
  logger: Logger,
  action: (lease: string) => Promise<T>,
): Promise<T> {
  const id = `drydock-${randomBytes(8).toString("hex")}`;
  const labels = { "containerd.io/gc.expire": new Date(Date.now() + expiryMs).toISOString() };
  await leases.create({ id, labels });
  try {
    return await action(id);
  } finally {
    // One that stays behind expires; the result of the action matters more.
    await leases.delete({ id }).catch((error: unknown) => {
      logger.warn({ lease: id, error: messageOf(error) }, "lease could not be given back");
    });
  }
}

import { randomBytes } from "node:crypto";
import { AsyncQueue, systemClock } from "@drydock/kit";
import type { ContainerdServices } from "../api/services.ts";
import type { Protos } from "../rpc/load-protos.ts";
import { type ContainerdEvent, decodeEvent } from "./decode-event.ts";

/** How often the mark is sent until it arrives, ms. */
const markMs = 20;

/**
 * Subscribes to what happens in a namespace. Resolves when the subscription is in force: what happens from then on is in the stream, what
 * happened before can be listed, and nothing falls in between. containerd does not say when that is (it sends no headers before the first
 * event), so we send an event of our own until it comes back.
 */
export async function subscribe(
  services: ContainerdServices,
  protos: Protos,
  namespace: string,
  signal: AbortSignal,
): Promise<AsyncIterable<ContainerdEvent>> {
  signal.throwIfAborted();
  const topic = `/drydock/subscribed/${randomBytes(8).toString("hex")}`;
  const queue = new AsyncQueue<ContainerdEvent>();
  const inForce = Promise.withResolvers<void>();
  const read = async (): Promise<void> => {
    for await (const envelope of services.events.subscribe({ filters: [`namespace==${namespace}`] }, { signal })) {
      if (envelope.topic === topic) inForce.resolve();
      const event = decodeEvent(protos, envelope);
      if (event) queue.push(event);
    }
  };
  read().then(
    () => {
      queue.close();
      inForce.reject(signal.reason);
    },
    (error: unknown) => {
      queue.fail(error);
      inForce.reject(error);
    },
  );
  const arrived = inForce.promise.then(() => true);
  // When the call below fails first, nobody waits for it any more.
  arrived.catch(() => {});
  do {
    await services.events.publish({ topic, event: { type_url: "drydock.dev/Subscribed", value: Buffer.alloc(0) } });
  } while (!(await Promise.race([arrived, systemClock.sleep(markMs).then(() => false)])));
  return queue;
}

import { type Clock, hasCode, type Logger, messageOf, silentLogger, systemClock } from "@drydock/kit";
import type { Client } from "../client/client.ts";
import { rfc3339 } from "../controller/conditions.ts";
import { Event } from "../kinds/event.ts";
import type { ObjectReference } from "../kinds/object-reference.ts";
import type { KubeObject } from "../object.ts";
import { EventAggregator, type Observation } from "./event-aggregator.ts";

export interface EventRecorder {
  /**
   * Reports what happened to an object. Returns at once: events are written one after the other behind everything else, and one that cannot be
   * written is logged and dropped. `fieldPath` names a part of the object: spec.containers{web}.
   */
  recordEvent(
    object: KubeObject | ObjectReference,
    type: "Normal" | "Warning",
    reason: string,
    message: string,
    fieldPath?: string,
  ): void;
  /** Resolves when all that was recorded so far is written or dropped. */
  flush(): Promise<void>;
}

export interface EventRecorderOptions {
  client: Client;
  /** Who reports, e.g. "default-scheduler". */
  component: string;
  /** Node that the component runs on. */
  host?: string;
  clock?: Clock;
  logger?: Logger;
}

/** With an API server that does not answer so many wait; further ones are dropped. */
const QUEUE_LIMIT = 1000;
/** Longer messages are refused by Kubernetes. */
const MESSAGE_LIMIT = 1024;

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, component, host, clock = systemClock, logger = silentLogger } = options;
  const aggregator = new EventAggregator();
  const names = new Map<string, string>();
  let queued = 0;
  let tail: Promise<void> = Promise.resolve();
  let serial = 0;

  async function write(observation: Observation, at: number): Promise<void> {
    const { key, message, count } = aggregator.add(observation, at);
    const { object, type, reason } = observation;
    const namespace = object.namespace || "default";
    const time = rfc3339(at);
    const name = names.get(key);
    if (count > 1 && name !== undefined) {
      try {
        await client.patch(Event, { namespace, name }, "merge", { count, lastTimestamp: time, message });
        return;
      } catch (error) {
        if (!hasCode(error, "API_NOT_FOUND")) throw error;
        aggregator.forget(key);
      }
    }
    const created = await client.create(Event, {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: uniqueName(object.name ?? component, at), namespace },
      involvedObject: object,
      type,
      reason,
      message,
      source: { component, ...(host === undefined ? {} : { host }) },
      reportingComponent: component,
      reportingInstance: host ?? "",
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    });
    names.delete(key);
    names.set(key, created.metadata.name);
    const [oldest] = names.keys();
    if (names.size > QUEUE_LIMIT && oldest !== undefined) names.delete(oldest);
  }

  /** As client-go: the object's name and the time in hexadecimal nanoseconds; the serial tells those of one millisecond apart. */
  function uniqueName(base: string, at: number): string {
    serial = (serial + 1) % 1_000_000;
    const suffix = (BigInt(at) * 1_000_000n + BigInt(serial)).toString(16);
    return `${base.slice(0, 252 - suffix.length)}.${suffix}`;
  }

  return {
    recordEvent(object, type, reason, message, fieldPath) {
      const reference = referenceTo(object, fieldPath);
      const at = clock.now();
      if (queued >= QUEUE_LIMIT) {
        logger.warn({ reason, object: reference.name }, "event dropped: too many wait");
        return;
      }
      queued += 1;
      const text = message.length > MESSAGE_LIMIT ? `${message.slice(0, MESSAGE_LIMIT - 1)}…` : message;
      tail = tail
        .then(() => write({ object: reference, type, reason, message: text }, at))
        .catch((error: unknown) => {
          logger.warn({ reason, object: reference.name, error: messageOf(error) }, "event was not written");
        })
        .finally(() => {
          queued -= 1;
        });
    },
    flush: () => tail,
  };
}

/** The reference to an object by which events and bindings name it. */
export function referenceTo(object: KubeObject | ObjectReference, fieldPath?: string): ObjectReference {
  const part = fieldPath === undefined ? {} : { fieldPath };
  if (!("metadata" in object)) return { ...object, ...part };
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...part,
  };
}

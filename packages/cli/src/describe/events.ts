import type { Client, Event, KubeObject } from "@drydock/machinery";
import { events } from "../api/types.ts";
import { ageOf } from "../output/age.ts";
import { type Detail, tableDetail } from "../output/details.ts";

/** The events of one object, oldest first. Events of nodes and other cluster-wide objects are in the namespace default. */
export async function eventsOf(client: Client, object: KubeObject): Promise<Event[]> {
  const { name, namespace = "default", uid } = object.metadata;
  const fieldSelector = [
    `involvedObject.kind=${object.kind}`,
    `involvedObject.name=${name}`,
    ...(uid === undefined || object.kind === "Node" ? [] : [`involvedObject.uid=${uid}`]),
  ].join(",");
  const { items } = await client.list(events, { namespace, fieldSelector });
  return items.toSorted(byTime);
}

export function eventsDetail(found: readonly Event[], now: number): Detail {
  return tableDetail(
    "Events",
    ["Type", "Reason", "Age", "From", "Message"],
    found.map((event) => [event.type, event.reason, eventAge(event, now), sourceOf(event), event.message]),
  );
}

export function byTime(a: Event, b: Event): number {
  return lastSeen(a).localeCompare(lastSeen(b));
}

/** RFC 3339 in UTC: text order is time order. */
export function lastSeen(event: Event): string {
  return (
    event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? ""
  );
}

/** "3s", or "3s (x4 over 2m)" when it happened several times. */
export function eventAge(event: Event, now: number): string {
  const count = event.series?.count ?? event.count ?? 1;
  const age = ageOf(lastSeen(event), now);
  const first = event.firstTimestamp ?? event.eventTime;
  return count > 1 ? `${age} (x${count} over ${ageOf(first, now)})` : age;
}

export function sourceOf(event: Event): string | undefined {
  return event.source?.component ?? event.reportingComponent;
}

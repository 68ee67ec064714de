import type { Column } from "../kind.ts";
import { ageOf, nameColumn } from "./define.ts";
import type { Event } from "./event.ts";

/** Follows printEvent of kubernetes/pkg/printers/internalversion/printers.go. */
export const eventColumns: Column<Event>[] = [
  { name: "Last Seen", type: "string", description: "When it was last seen.", value: lastSeen },
  { name: "Type", type: "string", description: "Normal or Warning.", value: (event) => event.type ?? "" },
  {
    name: "Reason",
    type: "string",
    description: "Why it happened, in one word.",
    value: (event) => event.reason ?? "",
  },
  { name: "Object", type: "string", description: "What it happened to.", value: object },
  {
    name: "Subobject",
    type: "string",
    priority: 1,
    description: "Part of the object.",
    value: (event) => event.involvedObject.fieldPath ?? "",
  },
  { name: "Source", type: "string", priority: 1, description: "Who reports.", value: source },
  {
    name: "Message",
    type: "string",
    description: "A sentence for people.",
    value: (event) => (event.message ?? "").trim(),
  },
  { name: "First Seen", type: "string", priority: 1, description: "When it was first seen.", value: firstSeen },
  { name: "Count", type: "integer", priority: 1, description: "How often it was seen.", value: count },
  { ...nameColumn, priority: 1 },
];

function lastSeen(event: Event, now: number): string {
  return ageOf(event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? undefined, now);
}

function firstSeen(event: Event, now: number): string {
  return ageOf(event.firstTimestamp ?? event.eventTime ?? undefined, now);
}

function count(event: Event): number {
  return event.series?.count ?? event.count ?? 1;
}

function object({ involvedObject }: Event): string {
  const { kind = "", name = "" } = involvedObject;
  return name === "" ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`;
}

function source(event: Event): string {
  const component = event.source?.component || event.reportingComponent || "";
  const host = event.source?.host || (event.source?.component ? "" : event.reportingInstance) || "";
  return host === "" ? component : `${component}, ${host}`;
}

import type { Event } from "@drydock/machinery";
import { discover } from "../api/discovery.ts";
import type { Session } from "../api/session.ts";
import { events } from "../api/types.ts";
import { byTime, eventAge } from "../describe/events.ts";
import { outputFormat } from "../get/format.ts";
import { namedTargetsOf } from "../get/targets.ts";
import { objectText } from "../output/object-text.ts";
import { print, remark } from "../output/print.ts";
import { alignedLine, type Cell, cellText, columnWidths, tableLines } from "../output/table.ts";

export interface EventFlags {
  allNamespaces?: boolean;
  for?: string;
  types?: string;
}

const header = ["Last Seen", "Type", "Reason", "Object", "Message"];

/** Prints the events that are kept, oldest first; returns the revision that they are of. */
export async function printEvents(session: Session, flags: EventFlags): Promise<string> {
  const format = outputFormat(session.settings.output, ["yaml", "json"]);
  const { metadata, items } = await session.client.list(events, await selection(session, flags));
  const shown = items.filter((event) => isWanted(event, flags)).toSorted(byTime);
  if (format === "yaml" || format === "json") {
    print(await objectText({ apiVersion: "v1", kind: "EventList", metadata: {}, items: shown }, format));
  } else if (shown.length === 0) {
    remark("No events found");
  } else {
    print(tableLines(header, rowsOf(shown)).join("\n"));
  }
  return metadata.resourceVersion;
}

/** Prints new events until Ctrl-C. */
export async function watchEvents(session: Session, flags: EventFlags, resourceVersion: string): Promise<void> {
  const widths = columnWidths(header, []).map((width, i) => Math.max(width, [9, 7, 16, 32][i] ?? 0));
  const options = await selection(session, flags);
  let revision = resourceVersion;
  for (;;) {
    for await (const event of session.client.watch(events, { ...options, resourceVersion: revision })) {
      revision = event.object.metadata.resourceVersion ?? revision;
      if (event.type !== "ADDED" && event.type !== "MODIFIED") continue;
      if (!isWanted(event.object, flags)) continue;
      for (const row of rowsOf([event.object])) print(alignedLine(row.map(cellText), widths));
    }
  }
}

async function selection(session: Session, flags: EventFlags) {
  const namespace = flags.allNamespaces ? undefined : session.namespace;
  if (flags.for === undefined) return { namespace };
  const [target] = namedTargetsOf(flags.for, [], await discover(session.client));
  if (!target) return { namespace };
  return {
    // Events of cluster-wide objects are kept in the namespace default.
    namespace: target.type.namespaced ? namespace : "default",
    fieldSelector: `involvedObject.kind=${target.type.kind},involvedObject.name=${target.name}`,
  };
}

function isWanted(event: Event, { types }: EventFlags): boolean {
  return types === undefined || types.split(",").includes(event.type ?? "");
}

function rowsOf(shown: readonly Event[]): Cell[][] {
  const now = Date.now();
  return shown.map((event) => {
    const { kind = "", name = "" } = event.involvedObject;
    return [eventAge(event, now), event.type, event.reason, `${kind.toLowerCase()}/${name}`, event.message];
  });
}

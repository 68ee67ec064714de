import { type Static, Type } from "@sinclair/typebox";
import type { Kind } from "../kind.ts";
import { dateTime, defineKind, definitions, int32, microTime, nullable, objectSchema, text } from "./define.ts";
import { eventColumns } from "./event-columns.ts";
import { ObjectReferenceSchema } from "./object-reference.ts";

const type = { group: "", version: "v1", kind: "Event" };
const core = definitions("io.k8s.api.core.v1");

const schema = objectSchema(
  type,
  "io.k8s.api.core.v1",
  "Something that happened to an object; kept for a limited time.",
  {
    involvedObject: ObjectReferenceSchema,
    reason: Type.Optional(text("One word, for machines: why it happened.")),
    message: Type.Optional(text("A sentence for people.")),
    type: Type.Optional(text("Normal or Warning.")),
    source: Type.Optional(
      core("EventSource", "Who reports.", {
        component: Type.Optional(text("Component that reports.")),
        host: Type.Optional(text("Node that it runs on.")),
      }),
    ),
    firstTimestamp: Type.Optional(nullable(dateTime("When it was first seen."))),
    lastTimestamp: Type.Optional(nullable(dateTime("When it was last seen."))),
    count: Type.Optional(int32("How often it was seen.")),
    eventTime: Type.Optional(nullable(microTime("When it was first seen, to the microsecond."))),
    series: Type.Optional(
      core("EventSeries", "How an event goes on.", {
        count: Type.Optional(int32("How often it was seen in this series.")),
        lastObservedTime: Type.Optional(microTime("When it was last seen.")),
      }),
    ),
    action: Type.Optional(text("What was done or failed to be done.")),
    related: Type.Optional(ObjectReferenceSchema),
    reportingComponent: Type.Optional(text("Controller that reports, e.g. drydock.dev/scheduler.")),
    reportingInstance: Type.Optional(text("Instance of that controller.")),
  },
);

export type Event = Static<typeof schema>;

/** Core v1 events. events.k8s.io/v1 shows the same objects under other names and can be added as a view of these. */
export const Event: Kind<Event> = defineKind<Event>({
  ...type,
  plural: "events",
  namespaced: true,
  shortNames: ["ev"],
  schema,
  columns: eventColumns,
  selectableFields: {
    "involvedObject.kind": (event) => event.involvedObject.kind ?? "",
    "involvedObject.namespace": (event) => event.involvedObject.namespace ?? "",
    "involvedObject.name": (event) => event.involvedObject.name ?? "",
    "involvedObject.uid": (event) => event.involvedObject.uid ?? "",
    "involvedObject.apiVersion": (event) => event.involvedObject.apiVersion ?? "",
    "involvedObject.resourceVersion": (event) => event.involvedObject.resourceVersion ?? "",
    "involvedObject.fieldPath": (event) => event.involvedObject.fieldPath ?? "",
    reason: (event) => event.reason ?? "",
    reportingComponent: (event) => event.reportingComponent || event.source?.component || "",
    source: (event) => event.source?.component || event.reportingComponent || "",
    type: (event) => event.type ?? "",
  },
});

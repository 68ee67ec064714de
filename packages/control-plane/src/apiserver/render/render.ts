import type { Clock } from "@drydock/kit";
import { apiVersionOf, type Kind, type KubeObject } from "@drydock/machinery";
import type { Rendering } from "../http/rendering.ts";
import type { Page } from "../registry/list.ts";
import { badRequest } from "../status/refusals.ts";
import { metadataOnly } from "./metadata-only.ts";
import { type IncludeObject, table, tableRow } from "./table.ts";

/** How the objects of one answer are shown. */
export interface View {
  kind: Kind;
  rendering: Rendering;
  include: IncludeObject;
  clock: Clock;
}

export function readInclude(query: URLSearchParams): IncludeObject {
  const text = query.get("includeObject") || "Metadata";
  if (text === "None" || text === "Metadata" || text === "Object") return text;
  throw badRequest(`unrecognized includeObject value: ${JSON.stringify(text)}, must be None, Metadata or Object`);
}

/** One object as the client wants to see it. */
export function renderObject({ kind, rendering, include, clock }: View, object: KubeObject): object {
  switch (rendering.as) {
    case "Object":
      return object;
    case "Metadata":
      return metadataOnly(object, rendering.metaVersion);
    case "Table": {
      const { resourceVersion } = object.metadata;
      return table(kind, { resourceVersion }, [tableRow(kind, object, include, clock.now())], rendering);
    }
  }
}

/**
 * A list in two parts: everything around the items, and how to show one item. The items are written one by one, so that
 * a long list holds up nobody.
 */
export function listFrame(
  view: View,
  page: Page,
): { before: object; itemsField: "items" | "rows"; item(object: KubeObject): object } {
  const { kind, rendering, include } = view;
  const nowMs = view.clock.now();
  const metadata = {
    resourceVersion: String(page.revision),
    ...(page.continue === undefined ? {} : { continue: page.continue }),
    ...(page.remainingItemCount === undefined ? {} : { remainingItemCount: page.remainingItemCount }),
  };
  switch (rendering.as) {
    case "Object":
      return {
        before: { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata },
        itemsField: "items",
        item: (object) => object,
      };
    case "Metadata":
      return {
        before: { kind: "PartialObjectMetadataList", apiVersion: `meta.k8s.io/${rendering.metaVersion}`, metadata },
        itemsField: "items",
        item: (object) => metadataOnly(object, rendering.metaVersion),
      };
    case "Table": {
      const { rows: _none, ...before } = table(kind, metadata, [], rendering) as { rows: unknown };
      return { before, itemsField: "rows", item: (object) => tableRow(kind, object, include, nowMs) };
    }
  }
}

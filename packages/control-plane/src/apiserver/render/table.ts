import type { Kind, KubeObject } from "@drydock/machinery";
import { metadataOnly } from "./metadata-only.ts";

export type IncludeObject = "None" | "Metadata" | "Object";

/** The column headers of a kind's Table. */
export function columnDefinitions(kind: Kind): object[] {
  return kind.columns.map(({ name, type, format = "", description, priority = 0 }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
}

/** One row of a Table: what `kubectl get` prints for an object. */
export function tableRow(kind: Kind, object: KubeObject, include: IncludeObject, nowMs: number): object {
  const cells = kind.columns.map((column) => column.value(object, nowMs));
  if (include === "None") return { cells, object: null };
  return { cells, object: include === "Object" ? object : metadataOnly(object) };
}

export function table(
  kind: Kind,
  metadata: object,
  rows: readonly object[],
  options: { metaVersion: string; columns?: boolean },
): object {
  return {
    kind: "Table",
    apiVersion: `meta.k8s.io/${options.metaVersion}`,
    metadata,
    columnDefinitions: options.columns === false ? [] : columnDefinitions(kind),
    rows,
  };
}

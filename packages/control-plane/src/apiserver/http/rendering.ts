import { notAcceptable } from "../status/refusals.ts";
import { type MediaType, parseAccept } from "./media-types.ts";

/** How an answer is to look: whole objects, rows for people, or metadata only; as JSON or YAML. */
export interface Rendering {
  as: "Object" | "Table" | "Metadata";
  format: "json" | "yaml";
  /** The version of meta.k8s.io that the client named, for Tables and PartialObjectMetadata. */
  metaVersion: string;
}

const formats: Record<string, "json" | "yaml"> = {
  "application/json": "json",
  "application/*": "json",
  "*/*": "json",
  // Browsers and curl: JSON is text too.
  "text/*": "json",
  "text/html": "json",
  "text/event-stream": "json",
  "application/yaml": "yaml",
};

const conversions: Record<string, Rendering["as"]> = {
  Table: "Table",
  PartialObjectMetadata: "Metadata",
  PartialObjectMetadataList: "Metadata",
};

/** Picks the first entry of the Accept header that we can do; throws REQUEST_NOT_ACCEPTABLE when there is none. */
export function chooseRendering(accept: string | undefined): Rendering {
  for (const entry of parseAccept(accept)) {
    const rendering = renderingOf(entry);
    if (rendering) return rendering;
  }
  throw notAcceptable(["application/json", "application/yaml"]);
}

function renderingOf({ type, parameters }: MediaType): Rendering | undefined {
  const format = formats[type];
  if (!format) return undefined;
  if (parameters.as === undefined) return { as: "Object", format, metaVersion: "v1" };
  const as = conversions[parameters.as];
  if (!as || parameters.g !== "meta.k8s.io" || (parameters.v !== "v1" && parameters.v !== "v1beta1")) return undefined;
  return { as, format, metaVersion: parameters.v };
}

export function wantsEventStream(accept: string | undefined): boolean {
  return parseAccept(accept)[0]?.type === "text/event-stream";
}

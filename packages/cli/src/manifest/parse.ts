import type { KubeObject } from "@drydock/machinery";
import { type Document, LineCounter, parseAllDocuments, type ScalarTag, type Tags } from "yaml";
import { failure } from "../errors.ts";
import { splitFieldPath } from "./field-path.ts";
import type { Manifest, Position } from "./manifest.ts";

/**
 * The objects of a YAML (or JSON) text: several documents, and `kind: List` in place of its items. Throws MANIFEST_SYNTAX with line and column,
 * or MANIFEST_INVALID when a document is no object of the API.
 */
export function parseManifests(text: string, source: string): Manifest[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, version: "1.1", customTags: kubernetesTags });
  if ("empty" in documents) return [];
  return documents.flatMap((document) => {
    const broken = document.errors[0];
    if (broken) throw syntaxError(broken, text, source);
    return objectsOf(document as Document, source, lines);
  });
}

/**
 * YAML 1.1 as Kubernetes reads it (sigs.k8s.io/yaml): `0644` is octal and `yes` is true, but neither times nor base 60 numbers exist, so that
 * `2024-01-01` and `12:30` stay text.
 */
function kubernetesTags(tags: Tags): Tags {
  return tags.filter((tag) => {
    if (typeof tag === "string") return true;
    return tag.tag !== "tag:yaml.org,2002:timestamp" && (tag as ScalarTag).format !== "TIME";
  });
}

function objectsOf(document: Document, source: string, lines: LineCounter): Manifest[] {
  const start = document.contents?.range?.[0];
  const line = start === undefined ? 1 : lines.linePos(start).line;
  const value = toValue(document, source, line);
  if (value === null || value === undefined) return [];

  const locateFrom =
    (prefix: readonly (string | number)[]) =>
    (field: string): Position | undefined => {
      const node: unknown = document.getIn([...prefix, ...splitFieldPath(field)], true);
      const range = (node as { range?: [number, number, number] } | undefined)?.range;
      if (!range) return undefined;
      const { line, col } = lines.linePos(range[0]);
      return { line, column: col };
    };
  if (isMapping(value) && Array.isArray(value.items) && typeof value.kind === "string" && value.kind.endsWith("List")) {
    return value.items.map((item, i) => ({
      object: checkedObject(item, source, line, `items[${i}]: `),
      source,
      line,
      locate: locateFrom(["items", i]),
    }));
  }
  return [{ object: checkedObject(value, source, line, ""), source, line, locate: locateFrom([]) }];
}

function toValue(document: Document, source: string, line: number): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    // Unknown or too many aliases: found only when values are made.
    throw failure("MANIFEST_SYNTAX", `${source}:${line}: ${(cause as Error).message.toLowerCase()}`, {
      cause,
      details: { source, line, column: 1 },
    });
  }
}

function checkedObject(value: unknown, source: string, line: number, where: string): KubeObject {
  const wrong = (what: string, hint: string): Error =>
    failure("MANIFEST_INVALID", `${source}:${line}: ${where}${what}`, { hint, details: { source, line } });
  if (!isMapping(value)) {
    throw wrong(
      "the document is no mapping of fields to values",
      "an object begins with apiVersion, kind and metadata",
    );
  }
  for (const field of ["apiVersion", "kind"] as const) {
    if (typeof value[field] !== "string" || value[field] === "") {
      throw wrong(`${field} is missing`, "every object says its apiVersion and kind, e.g. drydock.dev/v1 and Workload");
    }
  }
  const { metadata } = value;
  const named = isMapping(metadata) && (typeof metadata.name === "string" || typeof metadata.generateName === "string");
  if (!named) throw wrong(`metadata.name of the ${value.kind} is missing`, "give the object a name below metadata");
  return value as unknown as KubeObject;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function syntaxError(
  error: { message: string; linePos?: unknown; cause?: unknown },
  text: string,
  source: string,
): Error {
  const position = (error.linePos as { line: number; col: number }[] | undefined)?.[0] ?? { line: 1, col: 1 };
  const { line, col: column } = position;
  const said = (error.message.split("\n")[0] ?? "").replace(/ at line \d+, column \d+:?$/, "");
  const written = text.split("\n")[line - 1]?.trim() ?? "";
  return failure("MANIFEST_SYNTAX", `${source}:${line}:${column}: ${said.charAt(0).toLowerCase()}${said.slice(1)}`, {
    hint: `line ${line} reads: ${written.slice(0, 100)}`,
    details: { source, line, column },
    cause: error,
  });
}

import { createHash } from "node:crypto";
import type { DownwardFile, KeyToPath, Pod, Volume } from "@drydock/machinery";
import { agentError } from "../errors.ts";
import type { NodeFacts } from "../pods/environment.ts";
import { fieldValue } from "../pods/field-ref.ts";
import { resourceFieldValue } from "../pods/resource-field.ts";
import { configMapData, type SourceObjects, secretData } from "../sources/source-objects.ts";

export interface VolumeFile {
  content: Buffer;
  /** Permission bits. */
  mode: number;
}

/** Relative path -> file. */
export type VolumeFiles = ReadonlyMap<string, VolumeFile>;

/** True for volumes whose files the agent writes itself. */
export function isWritten({ configMap, secret, downwardAPI, projected }: Volume): boolean {
  return Boolean(configMap ?? secret ?? downwardAPI ?? projected);
}

/**
 * What a configMap, secret, downwardAPI or projected volume holds at this moment. AGENT_BAD_VOLUME names an object or key that is missing, in kubelet's
 * words. Pure.
 */
export function volumeFiles(volume: Volume, pod: Pod, facts: NodeFacts, sources: SourceObjects): VolumeFiles {
  const files = new Map<string, VolumeFile>();
  const { configMap, secret, downwardAPI, projected } = volume;
  const mode = (configMap ?? secret ?? downwardAPI ?? projected)?.defaultMode ?? 0o644;
  const parts = projected?.sources ?? [
    { configMap, secret: secret && { ...secret, name: secret.secretName ?? "" }, downwardAPI },
  ];
  const add = (more: Iterable<[string, VolumeFile]>): void => {
    for (const [path, file] of more) files.set(path, file);
  };
  for (const part of parts) {
    if (part.configMap) {
      const found = sources.configMap(part.configMap.name ?? "");
      add(keyedFiles("configmap", part.configMap, found && configMapData(found), mode));
    }
    if (part.secret) {
      const found = sources.secret(part.secret.name ?? "");
      add(keyedFiles("secret", part.secret, found && secretData(found), mode));
    }
    if (part.downwardAPI) add(downwardFiles(part.downwardAPI.items ?? [], pod, facts, mode));
  }
  return files;
}

interface KeyedSource {
  name?: string;
  items?: readonly KeyToPath[];
  optional?: boolean;
}

function keyedFiles(
  kind: string,
  { name = "", items, optional = false }: KeyedSource,
  data: Map<string, Buffer> | undefined,
  defaultMode: number,
): [string, VolumeFile][] {
  if (!data) {
    if (optional) return [];
    throw agentError("AGENT_BAD_VOLUME", `${kind} "${name}" not found`, {
      hint: "create it: the container starts as soon as it is there",
    });
  }
  if (!items) return [...data].map(([key, content]) => [key, { content, mode: defaultMode }]);
  return items.flatMap(({ key, path, mode = defaultMode }): [string, VolumeFile][] => {
    const content = data.get(key);
    if (content) return [[path, { content, mode }]];
    if (optional) return [];
    throw agentError("AGENT_BAD_VOLUME", `${kind} references non-existent config key: ${key}`, {
      hint: `${kind} ${name} has the keys ${[...data.keys()].join(", ") || "(none)"}`,
    });
  });
}

function downwardFiles(
  items: readonly DownwardFile[],
  pod: Pod,
  facts: NodeFacts,
  defaultMode: number,
): [string, VolumeFile][] {
  return items.map(({ path, fieldRef, resourceFieldRef, mode = defaultMode }) => {
    const value = fieldRef
      ? fieldText(pod, fieldRef.fieldPath, facts)
      : resourceFieldValue(pod, undefined, resourceFieldRef ?? { resource: "" }, facts);
    return [path, { content: Buffer.from(value), mode }];
  });
}

/** All labels or annotations are a line each: key="value". */
function fieldText(pod: Pod, path: string, facts: NodeFacts): string {
  if (path !== "metadata.labels" && path !== "metadata.annotations") return fieldValue(pod, path, facts);
  const map = (path === "metadata.labels" ? pod.metadata.labels : pod.metadata.annotations) ?? {};
  const lines = Object.entries(map).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return lines.sort().join("\n");
}

/** Changes when a file does. */
export function filesDigest(files: VolumeFiles): string {
  const hash = createHash("sha256");
  for (const [path, { content, mode }] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${path}\0${mode}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex").slice(0, 16);
}

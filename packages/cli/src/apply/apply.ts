import { DrydockError, hasCode } from "@drydock/kit";
import type { Client, KubeObject } from "@drydock/machinery";
import { resourceOfObject } from "../api/resolve.ts";
import { type ApiResource, displayName } from "../api/resource.ts";
import type { Manifest } from "../manifest/manifest.ts";
import { lastApplied, withLastApplied } from "./last-applied.ts";
import { mergePatch } from "./merge-patch.ts";
import { threeWayMerge } from "./three-way-merge.ts";

export type Outcome = "created" | "configured" | "unchanged";

export interface Applied {
  type: ApiResource;
  object: KubeObject;
  outcome: Outcome;
}

/** Whoever else writes the object at the same time wins a few times at most. */
const attempts = 5;

/** Makes one object of the server be as its manifest says. The server checks every field (`fieldValidation=Strict`). */
export async function applyManifest(
  client: Client,
  manifest: Manifest,
  resources: readonly ApiResource[],
  { namespace, dryRun }: { namespace: string; dryRun: boolean },
): Promise<Applied> {
  const type = resourceOfObject(manifest.object, resources);
  const wanted = withLastApplied(withNamespace(manifest.object, type, namespace));
  const options = { fieldManager: "drydock-apply", fieldValidation: "Strict", dryRun } as const;
  const create = () => client.create(type, wanted, options);
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        // A new object, which is applied most, then takes one request: the first attempt reads only what is there already.
        if (attempt === 1) {
          const created = await unlessThere(create);
          if (created) return { type, object: created, outcome: "created" };
        }
        const live = await findLive(client, type, wanted);
        if (!live) return { type, object: await create(), outcome: "created" };
        const patch = patchOf(live, wanted);
        if (!patch) return { type, object: live, outcome: "unchanged" };
        const changed = await client.patch(type, wanted.metadata, "merge", patch, options);
        const same = changed.metadata.resourceVersion === live.metadata.resourceVersion && !dryRun;
        return { type, object: changed, outcome: same ? "unchanged" : "configured" };
      } catch (error) {
        // Made, changed or deleted by somebody between our read and our write: read again.
        if (attempt >= attempts || !hasCode(error, "API_CONFLICT", "API_ALREADY_EXISTS")) throw error;
      }
    }
  } catch (error) {
    throw placed(error, manifest, type);
  }
}

/** The change that makes `live` what the manifest wants; only against the version that it was computed from. Pure. */
export function patchOf(live: KubeObject, wanted: KubeObject): Record<string, unknown> | undefined {
  const merged = threeWayMerge(lastApplied(live), wanted, live) as Record<string, unknown>;
  const patch = mergePatch(live as unknown as Record<string, unknown>, merged);
  if (!patch) return undefined;
  const metadata = { ...(patch.metadata as object | undefined), resourceVersion: live.metadata.resourceVersion };
  return { ...patch, metadata };
}

/** Undefined when the object exists, or may: what must not be created, or not so, may be allowed as a change. */
async function unlessThere(create: () => Promise<KubeObject>): Promise<KubeObject | undefined> {
  try {
    return await create();
  } catch (error) {
    if (hasCode(error, "API_ALREADY_EXISTS", "API_FORBIDDEN", "API_INVALID", "API_BAD_REQUEST")) return undefined;
    throw error;
  }
}

async function findLive(client: Client, type: ApiResource, { metadata }: KubeObject): Promise<KubeObject | undefined> {
  try {
    const live = await client.get(type, metadata);
    return live;
  } catch (error) {
    if (hasCode(error, "API_NOT_FOUND")) return undefined;
    throw error;
  }
}

function withNamespace(object: KubeObject, type: ApiResource, namespace: string): KubeObject {
  if (!type.namespaced || object.metadata.namespace) return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}

/** The same error, saying which file and line it is about: the field's line when the server names a field that the manifest has. */
function placed(error: unknown, manifest: Manifest, type: ApiResource): unknown {
  if (!(error instanceof DrydockError)) return error;
  const position = fieldsOf(error)
    .map((field) => manifest.locate(field))
    .find((found) => found !== undefined);
  const where = position
    ? `${manifest.source}:${position.line}:${position.column}`
    : `${manifest.source}:${manifest.line}`;
  const name = `${displayName(type)}/${manifest.object.metadata.name}`;
  return new DrydockError(error.code, `${where}: ${name}: ${error.message}`, {
    hint: error.hint,
    details: { ...error.details, ...position },
    cause: error,
  });
}

function fieldsOf(error: DrydockError): string[] {
  const status = error.details.status as { details?: { causes?: { field?: string }[] } } | undefined;
  const named = (status?.details?.causes ?? []).flatMap(({ field }) => (field ? [field] : []));
  const quoted = /unknown field "([^"]+)"/.exec(error.message)?.[1];
  return quoted === undefined ? named : [...named, quoted];
}

import type { Kind, KubeObject } from "@drydock/machinery";
import { invalid } from "../status/refusals.ts";

/** autoscaling/v1 Scale: the part of an object that says how many. */
export interface Scale extends KubeObject {
  spec?: { replicas?: number };
  status: { replicas: number; selector?: string };
}

export function scaleOf(kind: Kind, object: KubeObject): Scale {
  const paths = scalePaths(kind);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = readPath(object, paths.specReplicas);
  const selector = readPath(object, paths.selector);
  const metadata = { name, namespace, uid, resourceVersion, creationTimestamp };
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: Object.fromEntries(
      Object.entries(metadata).filter(([, value]) => value !== undefined),
    ) as unknown as Scale["metadata"],
    spec: typeof replicas === "number" && replicas !== 0 ? { replicas } : {},
    status: {
      replicas: Number(readPath(object, paths.statusReplicas) ?? 0),
      ...(typeof selector === "string" ? { selector } : {}),
    },
  };
}

/** Writes what a Scale asks for into the object. Throws REQUEST_INVALID. */
export function applyScale(kind: Kind, object: KubeObject, scale: unknown): void {
  const spec = (scale as Partial<Scale> | null)?.spec;
  const replicas = spec?.replicas ?? 0;
  if (!Number.isSafeInteger(replicas) || replicas < 0) {
    const message = `Invalid value: ${JSON.stringify(replicas)}: must be greater than or equal to 0`;
    throw invalid({ group: "autoscaling", kind: "Scale" }, object.metadata.name, [
      { field: "spec.replicas", reason: "FieldValueInvalid", message },
    ]);
  }
  const parts = scalePaths(kind).specReplicas.split(".").slice(1);
  const last = parts.pop() as string;
  let place = object as unknown as Record<string, unknown>;
  for (const part of parts) {
    place[part] ??= {};
    place = place[part] as Record<string, unknown>;
  }
  place[last] = replicas;
}

function scalePaths(kind: Kind): NonNullable<Kind["scale"]> {
  if (!kind.scale) throw new Error(`${kind.kind} declares the scale subresource without its paths`);
  return kind.scale;
}

/** Reads `.spec.replicas`. */
function readPath(object: unknown, path: string): unknown {
  let value = object;
  for (const part of path.split(".").slice(1)) value = (value as Record<string, unknown> | undefined)?.[part];
  return value;
}

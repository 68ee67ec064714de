import type { KubeObject } from "@drydock/machinery";

/** kubectl's own annotation, so that `kubectl apply` and `drydock apply` can take turns. */
export const lastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";

/** What the user applied the last time; {} when the object was made in another way. */
export function lastApplied(live: KubeObject): unknown {
  const text = live.metadata.annotations?.[lastAppliedAnnotation];
  if (text === undefined) return {};
  try {
    return JSON.parse(text);
  } catch {
    // Somebody wrote the annotation by hand. Without knowledge of the past nothing is removed, which is the safe side.
    return {};
  }
}

/** The manifest with itself in the annotation. */
export function withLastApplied(manifest: KubeObject): KubeObject {
  const { [lastAppliedAnnotation]: _, ...annotations } = manifest.metadata.annotations ?? {};
  const bare = { ...manifest, metadata: { ...manifest.metadata, annotations } };
  const text = `${JSON.stringify(bare)}\n`;
  return { ...bare, metadata: { ...bare.metadata, annotations: { ...annotations, [lastAppliedAnnotation]: text } } };
}

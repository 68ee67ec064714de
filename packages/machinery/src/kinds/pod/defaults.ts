import { containersOf } from "./containers.ts";
import type { PodSpec, Volume } from "./spec.ts";

/** Defaults that follow from other fields (kubernetes/pkg/apis/core/v1/defaults.go). For pods and pod templates alike. Mutates. */
export function setPodSpecDefaults(spec: PodSpec): void {
  for (const container of containersOf({ ...spec, containers: spec.containers ?? [] })) {
    container.imagePullPolicy ??= hasMovingTag(container.image ?? "") ? "Always" : "IfNotPresent";
    const { limits } = container.resources ?? {};
    // What may be used at most is also what is asked for, unless less is.
    if (container.resources && limits) container.resources.requests = { ...limits, ...container.resources.requests };
  }
  for (const volume of spec.volumes ?? []) {
    setVolumeDefaults(volume);
  }
  if (spec.serviceAccountName || spec.serviceAccount) {
    spec.serviceAccountName ||= spec.serviceAccount ?? "";
    spec.serviceAccount = spec.serviceAccountName;
  }
}

function setVolumeDefaults(volume: Volume): void {
  const { hostPath, configMap, secret, downwardAPI, projected } = volume;
  const fromFiles = [configMap, secret, downwardAPI, projected].filter((source) => source !== undefined);
  for (const source of fromFiles) source.defaultMode ??= 0o644;
  if (hostPath === undefined && fromFiles.length === 0) volume.emptyDir ??= {};
}

/** True for the tag latest, also when it is only implied; never for a digest. */
function hasMovingTag(image: string): boolean {
  if (image.includes("@")) return false;
  const last = image.slice(image.lastIndexOf("/") + 1);
  const colon = last.indexOf(":");
  return colon < 0 || last.slice(colon + 1) === "latest";
}

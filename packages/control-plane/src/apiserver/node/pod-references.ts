import type { Pod } from "@drydock/machinery";
import { isRecord } from "../patch/merge-patch.ts";

/** The ConfigMaps and Secrets that a pod names, and the account that it runs as. */
export interface PodReferences {
  configMaps: ReadonlySet<string>;
  secrets: ReadonlySet<string>;
  serviceAccount: string;
}

/** Fields of a pod's spec that name a ConfigMap or Secret, and the field of theirs that has the name. */
const naming: Readonly<Record<string, readonly ["configMaps" | "secrets", string]>> = {
  configMap: ["configMaps", "name"],
  configMapRef: ["configMaps", "name"],
  configMapKeyRef: ["configMaps", "name"],
  secret: ["secrets", "secretName"],
  secretRef: ["secrets", "name"],
  secretKeyRef: ["secrets", "name"],
};

/** What an agent must be able to read to run a pod: found wherever in the spec it is named. Pure. */
export function referencesOf({ spec }: Pod): PodReferences {
  const found = { configMaps: new Set<string>(), secrets: new Set<string>() };
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    if (!isRecord(value)) return;
    for (const [field, inner] of Object.entries(value)) {
      const [set, nameField] = naming[field] ?? [];
      if (set && nameField && isRecord(inner)) {
        // A projected volume's secret has `name`, a volume's own has `secretName`.
        const name = inner[nameField] ?? inner.name;
        if (typeof name === "string") found[set].add(name);
      } else if (field === "imagePullSecrets" && Array.isArray(inner)) {
        for (const item of inner) if (isRecord(item) && typeof item.name === "string") found.secrets.add(item.name);
      } else {
        visit(inner);
      }
    }
  };
  visit(spec);
  return { ...found, serviceAccount: spec.serviceAccountName || "default" };
}

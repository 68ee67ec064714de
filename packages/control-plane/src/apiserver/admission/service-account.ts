import { Pod } from "@drydock/machinery";
import type { AdmissionRequest, AdmissionStage } from "./admission.ts";

/** A pod that names no ServiceAccount runs as the namespace's `default`. */
export const serviceAccount: AdmissionStage = {
  name: "service-account",
  what: "pods that name no service account get default",
  mutate({ resource, operation, subresource, object }: AdmissionRequest): void {
    if (
      resource.kind.plural !== Pod.plural ||
      resource.kind.group !== "" ||
      operation !== "create" ||
      subresource !== ""
    )
      return;
    const { spec } = object as Pod;
    spec.serviceAccountName ||= "default";
    // The old name of the field says the same, as defaults have it: an update must find nothing to add.
    spec.serviceAccount = spec.serviceAccountName;
  },
};

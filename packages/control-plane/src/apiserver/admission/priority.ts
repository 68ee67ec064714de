import { Pod, PriorityClass } from "@drydock/machinery";
import { forbidden } from "../status/refusals.ts";
import type { AdmissionRequest, AdmissionStage } from "./admission.ts";

/** Turns a pod's priorityClassName into its number; pods without one get the global default, or 0. */
export const priority: AdmissionStage = {
  name: "priority",
  what: "pods get the number of their priority class",
  async mutate({ registry, resource, operation, subresource, name, object }: AdmissionRequest): Promise<void> {
    if (
      resource.kind.plural !== Pod.plural ||
      resource.kind.group !== "" ||
      operation !== "create" ||
      subresource !== ""
    )
      return;
    const pod = object as Pod;
    const wanted = pod.spec.priorityClassName;
    const chosen = wanted ? find(wanted) : globalDefault();
    if (wanted && !chosen) throw forbidden(resource.kind, name, `no PriorityClass with name ${wanted} was found`);
    const value = chosen?.value ?? 0;
    if (pod.spec.priority !== undefined && pod.spec.priority !== value) {
      const why = `the integer value of priority (${pod.spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`;
      throw forbidden(resource.kind, name, why);
    }
    pod.spec.priority = value;
    if (chosen) pod.spec.priorityClassName = chosen.metadata.name;
    pod.spec.preemptionPolicy ??= chosen?.preemptionPolicy ?? "PreemptLowerPriority";

    function find(className: string): PriorityClass | undefined {
      return registry.cached(PriorityClass, "", className);
    }

    function globalDefault(): PriorityClass | undefined {
      const { items } = registry.require(PriorityClass).cache.list();
      const defaults = (items as PriorityClass[]).filter((item) => item.globalDefault);
      return defaults.sort((a, b) => a.value - b.value)[0];
    }
  },
};

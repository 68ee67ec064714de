import type { Container, Pod } from "@drydock/machinery";
import { agentError } from "../errors.ts";
import { expand } from "./expand.ts";
import { fieldValue } from "./field-ref.ts";

/** What a pod's fields are read from, besides the pod itself. */
export interface NodeFacts {
  nodeName: string;
  hostIP: string;
  podIP: string;
}

/**
 * The variables of a container, in the order in which they are declared, so that a later one may use an earlier one by `$(NAME)`.
 */
export function environmentOf(pod: Pod, container: Container, facts: NodeFacts): { name: string; value: string }[] {
  const values = new Map<string, string>();
  for (const variable of container.env ?? []) {
    if (variable.valueFrom === undefined) {
      values.set(variable.name, expand(variable.value ?? "", values));
      continue;
    }
    const path = variable.valueFrom.fieldRef?.fieldPath;
    if (path === undefined) {
      throw agentError("AGENT_BAD_ENV", `variable ${variable.name}: only values and fieldRef are supported`);
    }
    values.set(variable.name, fieldValue(pod, path, facts));
  }
  return [...values].map(([name, value]) => ({ name, value }));
}

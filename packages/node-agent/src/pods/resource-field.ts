import { type Container, milliOf, type Pod, parseQuantity } from "@drydock/machinery";
import { agentError } from "../errors.ts";
import type { NodeFacts } from "./environment.ts";
import { containerOf } from "./restart-policy.ts";

export interface ResourceField {
  containerName?: string;
  resource: string;
  divisor?: string;
}

/**
 * An amount that a container asks for or may use, in units of the divisor, rounded up. Without a limit it is what the node has. Source:
 * kubernetes pkg/api/v1/resource, ExtractContainerResourceValue.
 */
export function resourceFieldValue(
  pod: Pod,
  container: Container | undefined,
  { containerName, resource, divisor }: ResourceField,
  facts: NodeFacts,
): string {
  const subject = containerName ? containerOf(pod, containerName) : container;
  if (!subject) {
    throw agentError(
      "AGENT_BAD_ENV",
      `resourceFieldRef names the container ${containerName ?? ""}, which the pod lacks`,
    );
  }
  const [part, name] = resource.split(".") as ["limits" | "requests", "cpu" | "memory"];
  const stated = subject.resources?.[part]?.[name];
  const unit = divisor && parseQuantity(divisor) > 0 ? divisor : "1";
  if (name === "cpu") {
    const milli = stated === undefined ? absent(part, facts.cpus * 1000) : milliOf(stated);
    return String(Math.ceil(milli / milliOf(unit)));
  }
  const bytes = stated === undefined ? absent(part, facts.memoryBytes) : parseQuantity(stated);
  return String(Math.ceil(bytes / parseQuantity(unit)));
}

/** What is not stated: a container may use all of the node, and asks for nothing. */
function absent(part: "limits" | "requests", ofNode: number): number {
  return part === "limits" ? ofNode : 0;
}

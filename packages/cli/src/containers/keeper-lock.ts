import type { ContainerRecord } from "./record.ts";

/** Held by the process that reads a container's output: nobody else may, or each would have a part of it. */
export function keeperLock({ uid }: Pick<ContainerRecord, "uid">): string {
  return `run-${uid}`;
}

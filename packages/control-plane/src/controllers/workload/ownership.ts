import { controllerOf, type KubeObject, type Workload } from "@drydock/machinery";
import { templateHashLabel } from "./labels.ts";

/** Which of the objects in its namespace a Workload has, takes, and lets go. */
export interface Claim<T> {
  /** Has already, or takes now. */
  members: T[];
  adopt: T[];
  release: T[];
}

/**
 * Sorts objects by ownership. An object without a controller is taken when the selector matches it and it carries a template hash, that
 * is, when some Workload made it and was then deleted with `--cascade=orphan`: a Deployment takes over ReplicaSets just so, and leaves
 * pods that people made by hand alone. A member that the selector no longer matches, or that has lost its hash label, is let go: taking
 * a label off is how one takes a misbehaving pod out of service and keeps it for inspection.
 */
export function claim<T extends KubeObject>(
  workload: Workload,
  objects: readonly T[],
  matches: (labels: Record<string, string>) => boolean,
): Claim<T> {
  const result: Claim<T> = { members: [], adopt: [], release: [] };
  for (const object of objects) {
    const { labels = {}, deletionTimestamp } = object.metadata;
    const fits = templateHashLabel in labels && matches(labels);
    const controller = controllerOf(object);
    if (controller === undefined) {
      if (!fits || deletionTimestamp !== undefined || workload.metadata.deletionTimestamp !== undefined) continue;
      result.adopt.push(object);
      result.members.push(object);
    } else if (controller.uid === workload.metadata.uid) {
      if (fits || deletionTimestamp !== undefined) result.members.push(object);
      else if (workload.metadata.deletionTimestamp === undefined) result.release.push(object);
    }
  }
  return result;
}

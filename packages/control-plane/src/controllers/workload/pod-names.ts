import { shortHash } from "./template-hash.ts";

/** A pod name is a host name too, so 63 characters. */
const maxNameLength = 63;

/**
 * `count` names for new pods, `web-<hash>-<5 characters>`.
 *
 * The characters look random but are a function of the Workload's uid, the template and a slot number: slots 0, 1, 2, … whose name
 * is not `taken`. Whoever decides on the same observed pods comes to the same names, so a create that is repeated (by a stale
 * cache, by a controller that was killed before it could read the answer, by a second controller) meets AlreadyExists
 * and makes no pod too many.
 */
export function newPodNames(
  workload: { name: string; uid: string },
  hash: string,
  count: number,
  taken: (name: string) => boolean,
): string[] {
  const prefix = `${workload.name}-${hash}-`.slice(0, maxNameLength - 5);
  const names = new Set<string>();
  for (let slot = 0; names.size < count; slot++) {
    const name = prefix + shortHash(`${workload.uid}/${hash}/${slot}`, 5);
    if (!taken(name)) names.add(name);
  }
  return [...names];
}

import { digestOf } from "../digest.ts";

/**
 * Names of stacks of layers (image-spec config.md, "Layer ChainID"): the first is its diff id, each further the digest
 * of "chain diff".
 */
export function chainIds(diffIds: readonly string[]): string[] {
  const ids: string[] = [];
  for (const diffId of diffIds) {
    const below = ids.at(-1);
    ids.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`));
  }
  return ids;
}

import { type IdRange, isIdentityMap } from "@drydock/linux";

/** A uid or gid map in words. */
export function idMapText(map: readonly IdRange[]): string {
  if (map.length === 0) return "none mapped: everybody is nobody";
  if (isIdentityMap(map)) return "the same inside as outside";
  return map
    .map(({ inside, outside, count }) => {
      if (count === 1) return `${inside} inside is ${outside} outside`;
      return `${inside}-${inside + count - 1} inside are ${outside}-${outside + count - 1} outside`;
    })
    .join(", ");
}

import { applyConflict } from "../status/refusals.ts";
import { printPath } from "./elements.ts";
import type { FieldSet } from "./field-set.ts";
import type { Manager } from "./managers.ts";

export interface Conflict {
  owner: Manager;
  fields: FieldSet;
}

/** The refusal of an apply that would change others' fields, in the words that kubectl prints. */
export function refuseConflicts(conflicts: readonly Conflict[]): Error {
  const all = conflicts.flatMap(({ owner, fields }) =>
    [...fields.paths()].map((path) => ({ owner, path: printPath(path) })),
  );
  const causes = all.map(({ owner, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${nameOf(owner)}`,
    field: path,
  }));
  const [first] = all;
  if (all.length === 1 && first) {
    return applyConflict(`Apply failed with 1 conflict: conflict with ${nameOf(first.owner)}: ${first.path}`, causes);
  }
  const lines = conflicts.flatMap(({ owner, fields }) => [
    `conflicts with ${nameOf(owner)}:`,
    ...[...fields.paths()].map((path) => `- ${printPath(path)}`),
  ]);
  return applyConflict(`Apply failed with ${all.length} conflicts: ${lines.join("\n")}`, causes);
}

function nameOf({ manager, operation, apiVersion, subresource, time }: Manager): string {
  const name =
    subresource === "" ? JSON.stringify(manager) : `${JSON.stringify(manager)} with subresource "${subresource}"`;
  if (operation === "Apply") return name;
  return time === undefined ? `${name} using ${apiVersion}` : `${name} using ${apiVersion} at ${time}`;
}

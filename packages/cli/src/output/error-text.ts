import { DrydockError, messageOf } from "@drydock/kit";

/**
 * An error as people read it: what happened, what to do next, and the code to look up in docs/errors.md.
 * An error that is not ours is a bug, and shows its stack.
 */
export function errorText(error: unknown): string {
  if (!(error instanceof DrydockError)) {
    const stack = error instanceof Error && error.stack ? error.stack : messageOf(error);
    return `drydock: unexpected error: ${stack}\n`;
  }
  const lines = [`drydock: ${error.message}`];
  for (const cause of causesOf(error)) lines.push(`  - ${cause}`);
  if (error.hint) lines.push(`  ${error.hint}`);
  lines.push(`  (${error.code})`);
  return `${lines.join("\n")}\n`;
}

/** The single fields that a server refused, when there is more than the message says already. */
function causesOf(error: DrydockError): string[] {
  const status = error.details.status as { details?: { causes?: { field?: string; message?: string }[] } } | undefined;
  const causes = status?.details?.causes ?? [];
  if (causes.length < 2) return [];
  return causes.map(({ field, message }) => (field ? `${field}: ${message}` : `${message}`));
}

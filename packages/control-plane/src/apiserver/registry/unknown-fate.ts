import { hasCode } from "@drydock/kit";

/** A write was sent and not answered: it may have been done, or may be yet. */
export function mayHaveHappened(error: unknown): boolean {
  return hasCode(error) && error.details.unknownFate === true;
}

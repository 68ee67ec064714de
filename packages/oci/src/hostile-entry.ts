import type { DrydockError } from "@drydock/kit";
import { imageError } from "./errors.ts";

/**
 * The error for an entry that we refuse; `name` is the byte string from the archive, empty when the layer as a whole is
 * meant.
 */
export function hostileEntry(name: string, reason: string): DrydockError {
  const entry = Buffer.from(name, "latin1").toString();
  const subject = entry === "" ? "" : `entry ${JSON.stringify(entry)}: `;
  return imageError("IMAGE_HOSTILE_LAYER", `${subject}${reason}`, {
    details: { entry, reason },
    hint: "do not use this image; ask where it came from",
  });
}

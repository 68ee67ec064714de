import { createHash } from "node:crypto";
import type { Container } from "@drydock/machinery";

/** Changes when a running container has to be replaced: the image is the only field of a container that may be changed in place. */
export function specHash(container: Container): string {
  return createHash("sha256").update(`${container.name}\n${container.image}`).digest("hex").slice(0, 8);
}

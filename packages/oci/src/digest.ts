import { createHash } from "node:crypto";
import { imageError } from "./errors.ts";

const sha256Digest = /^sha256:[a-f0-9]{64}$/;

/**
 * True for `sha256:` and 64 lower-case hex digits, the only algorithm that every implementation must know (image-spec
 * descriptor.md).
 */
export function isDigest(text: unknown): text is string {
  return typeof text === "string" && sha256Digest.test(text);
}

/** The hex part, safe as a file name because the digest is checked first. */
export function digestHex(digest: string): string {
  if (!isDigest(digest)) {
    throw imageError("IMAGE_MALFORMED", `${JSON.stringify(digest)} is not a sha256 digest`, {
      hint: "use an image whose content is named by sha256 digests",
    });
  }
  return digest.slice("sha256:".length);
}

export function digestOf(data: string | Uint8Array): string {
  return `sha256:${createHash("sha256").update(data).digest("hex")}`;
}

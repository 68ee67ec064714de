import { errnoOf, hasCode, messageOf } from "@drydock/kit";
import { imageError } from "../errors.ts";

const hints: Partial<Record<string, string>> = {
  ENOSPC: "free some space, or remove images: drydock images",
  EDQUOT: "free some space, or remove images: drydock images",
  EROFS: "keep the image store on a filesystem that can be written to",
};

/**
 * Turns what the filesystem says while the store is written into one of our errors; everything else passes as it is.
 */
export function storeTrouble(error: unknown, directory: string): unknown {
  const errno = hasCode(error, "LINUX_CALL_FAILED") ? String(error.details.errno) : errnoOf(error);
  if (errno === undefined) return error;
  const needsRoot = errno === "EPERM" && process.getuid?.() !== 0;
  const hint = needsRoot ? "run as root: layers have owners and device nodes" : hints[errno];
  if (hint === undefined) return error;
  return imageError("IMAGE_STORE_UNUSABLE", `image store ${directory}: ${messageOf(error)}`, {
    cause: error,
    details: { directory, errno },
    hint,
  });
}

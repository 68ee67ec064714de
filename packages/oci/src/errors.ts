import { defineErrors } from "@drydock/kit";

export const imageError = defineErrors({
  IMAGE_BAD_REFERENCE: "an image name does not follow the grammar of references",
  IMAGE_NOT_FOUND: "no local image has this name or digest",
  IMAGE_UNKNOWN: "the registry does not have this repository, tag or digest",
  IMAGE_UNAUTHORIZED: "the registry refused the credentials, or wants some",
  IMAGE_REGISTRY_UNREACHABLE: "the registry did not answer, or answered with server errors, also after retries",
  IMAGE_DIGEST_MISMATCH: "content does not have the digest or size that names it",
  IMAGE_MALFORMED: "a document, archive or layer of an image does not follow its specification",
  IMAGE_HOSTILE_LAYER: "a layer contains an entry that could reach outside of its directory or exhaust the machine",
  IMAGE_PLATFORM: "the image has no variant for this machine",
  IMAGE_IN_USE: "the image store is locked by pulls or imports that are still running",
  IMAGE_STORE_UNUSABLE: "the directory of the image store cannot be used",
});

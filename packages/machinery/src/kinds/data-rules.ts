import { isDeepStrictEqual } from "node:util";
import type { FieldError } from "../kind.ts";
import { forbidden, invalid, tooLong } from "../schema/field-errors.ts";
import { configMapKey } from "../schema/names.ts";

/** All values of a ConfigMap or Secret together may have this many bytes. */
const LIMIT_BYTES = 1024 * 1024;

interface KeyedData {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
  immutable?: boolean;
}

/** What ConfigMaps and Secrets have in common: keys that are names of files, a limit, and no way back from immutable. Pure. */
export function validateKeyedData(object: KeyedData, old?: KeyedData): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const field of ["data", "binaryData"] as const) {
    for (const [key, value] of Object.entries(object[field] ?? {})) {
      errors.push(...configMapKey(key).map((problem) => invalid(`${field}[${key}]`, key, problem)));
      bytes += Buffer.byteLength(value);
    }
  }
  for (const key of Object.keys(object.binaryData ?? {})) {
    if (object.data && Object.hasOwn(object.data, key)) {
      errors.push(invalid(`data[${key}]`, key, "duplicate of key present in binaryData"));
    }
  }
  if (bytes > LIMIT_BYTES) errors.push(tooLong("data", `may not be more than ${LIMIT_BYTES} bytes`));
  if (old?.immutable) {
    const why = "field is immutable when `immutable` is set";
    if (!object.immutable) errors.push(forbidden("immutable", why));
    if (!isDeepStrictEqual(object.data ?? {}, old.data ?? {})) errors.push(forbidden("data", why));
    if (!isDeepStrictEqual(object.binaryData ?? {}, old.binaryData ?? {})) errors.push(forbidden("binaryData", why));
  }
  return errors;
}

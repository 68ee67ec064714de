import { messageOf } from "@drydock/kit";
import { parseDocument } from "yaml";
import { badRequest, unsupportedMediaType } from "../status/refusals.ts";
import { findDuplicateKeys } from "./duplicate-keys.ts";
import { parseMediaType } from "./media-types.ts";
import { isNestedDeeper, nestingLimit } from "./nesting.ts";
import { readProtobuf } from "./read-protobuf.ts";

/** A body as data, with the paths of keys that it states twice (the last one counts, as in Kubernetes). */
export interface Body {
  value: unknown;
  duplicates: string[];
}

const acceptedTypes = "application/json, application/yaml";

/**
 * Reads an object from a request's body. An empty body gives `undefined`. Throws REQUEST_BAD,
 * REQUEST_UNSUPPORTED_MEDIA_TYPE.
 */
export function readBody(bytes: Buffer | undefined, contentType: string | undefined): Body {
  if (!bytes || bytes.length === 0) return { value: undefined, duplicates: [] };
  const { type } = parseMediaType(contentType ?? "application/json");
  switch (type) {
    case "application/json":
    case "":
      return readJson(bytes.toString("utf8"));
    case "application/yaml":
      return readYaml(bytes.toString("utf8"));
    case "application/vnd.kubernetes.protobuf":
      return { value: readProtobuf(bytes), duplicates: [] };
    default:
      throw unsupportedMediaType(
        `the body of the request was in an unknown format - accepted media types include: ${acceptedTypes}`,
      );
  }
}

export function readJson(text: string): Body {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${messageOf(error)}`);
  }
  refuseDeep(value);
  return { value, duplicates: findDuplicateKeys(text) };
}

export function readYaml(text: string): Body {
  let value: unknown;
  try {
    const document = parseDocument(text, { uniqueKeys: false, schema: "core" });
    const [error] = document.errors;
    if (error) throw error;
    // Aliases that multiply are refused while they are expanded.
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw badRequest(`error converting YAML to JSON: ${messageOf(error)}`);
  }
  refuseDeep(value);
  return { value, duplicates: [] };
}

function refuseDeep(value: unknown): void {
  if (isNestedDeeper(value)) throw badRequest(`the body is nested deeper than ${nestingLimit} levels`);
}

import { messageOf } from "@drydock/kit";
import { parseDocument } from "yaml";
import { badRequest, unsupportedMediaType } from "../status/refusals.ts";
import { findDuplicateKeys } from "./duplicate-keys.ts";
import { parseMediaType } from "./media-types.ts";

/** A body as data, with the paths of keys that it states twice (the last one counts, as in Kubernetes). */
export interface Body {
  value: unknown;
  duplicates: string[];
}

const acceptedTypes = "application/json, application/yaml";

/** Reads an object from a request's body. An empty body gives `undefined`. Throws REQUEST_BAD, REQUEST_UNSUPPORTED_MEDIA_TYPE. */
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
      throw unsupportedMediaType(
        "this server does not read protobuf bodies, which kubectl's typed create commands send; " +
          "make the object on the client and apply it: kubectl create … --dry-run=client -o yaml | kubectl apply -f -",
      );
    default:
      throw unsupportedMediaType(
        `the body of the request was in an unknown format - accepted media types include: ${acceptedTypes}`,
      );
  }
}

export function readJson(text: string): Body {
  try {
    return { value: JSON.parse(text), duplicates: findDuplicateKeys(text) };
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${messageOf(error)}`);
  }
}

export function readYaml(text: string): Body {
  const document = parseDocument(text, { uniqueKeys: false, maxAliasCount: 100, schema: "core" } as object);
  const [error] = document.errors;
  if (error) throw badRequest(`error converting YAML to JSON: ${error.message}`);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    // Aliases that multiply: the library refuses them while it expands.
    throw badRequest(`error converting YAML to JSON: ${messageOf(cause)}`);
  }
  return { value, duplicates: [] };
}

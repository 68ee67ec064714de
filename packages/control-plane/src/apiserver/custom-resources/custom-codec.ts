import { apiVersionOf, applySchemaDefaults, type JsonSchema, type Kind, pruneUnknownFields } from "@drydock/machinery";
import { type Codec, createCodec } from "../registry/codec.ts";

/**
 * The stored form of a custom resource: in the definition's storage version, whichever version it came in. What is read is held to the schema as it
 * is now: fields that it has no more are not shown, new defaults are.
 */
export function customCodec(kind: Kind, storageVersion: string): Codec {
  const plain = createCodec();
  const stored = apiVersionOf({ group: kind.group, version: storageVersion });
  const shown = apiVersionOf(kind);
  const schema: JsonSchema = kind.schema;
  return {
    encode: (key, object) => plain.encode(key, { ...object, apiVersion: stored }),
    decode(key, bytes, modRevision) {
      const object = { ...plain.decode(key, bytes, modRevision), apiVersion: shown };
      pruneUnknownFields(schema, object);
      applySchemaDefaults(schema, object);
      return object;
    },
  };
}

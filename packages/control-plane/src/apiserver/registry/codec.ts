import type { KubeObject, ManagedFieldsEntry } from "@drydock/machinery";
import type { Sealer } from "../encryption/sealer.ts";

/** Between objects and what etcd holds of them. */
export interface Codec {
  encode(key: string, object: KubeObject): Buffer;
  decode(key: string, stored: Buffer, modRevision: number): KubeObject;
}

/**
 * The stored form: JSON without resourceVersion, which is etcd's own mod revision; encrypted where there is a sealer.
 * Sets of managed fields are stored as texts: many objects have the same ones (the pods of a workload, whatever one
 * program made), so that a cache of thousands of objects holds each set once.
 */
export function createCodec(sealer?: Sealer): Codec {
  return {
    encode(key, object) {
      const { resourceVersion: _fromEtcd, managedFields, ...metadata } = object.metadata;
      const owners = managedFields && { managedFields: managedFields.map(withText) };
      const bytes = Buffer.from(JSON.stringify({ ...object, metadata: { ...metadata, ...owners } }));
      return sealer ? sealer.seal(key, bytes) : bytes;
    },
    decode(key, stored, modRevision) {
      const bytes = sealer ? sealer.open(key, stored) : stored;
      const object = JSON.parse(bytes.toString("utf8")) as KubeObject;
      object.metadata.resourceVersion = String(modRevision);
      for (const entry of object.metadata.managedFields ?? []) {
        const fields: unknown = entry.fieldsV1;
        if (typeof fields === "string") entry.fieldsV1 = fieldsIn(fields);
      }
      return object;
    },
  };
}

/** The same object as of another revision; shares everything else with the original. */
export function withRevision(object: KubeObject, revision: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

type Fields = NonNullable<ManagedFieldsEntry["fieldsV1"]>;

/** Sets that have been seen, by their text. Forgotten all at once when there are many: they are made again. */
const known = new Map<string, Fields>();
const mostKnown = 5000;

function fieldsIn(text: string): Fields {
  const found = known.get(text);
  if (found) return found;
  const fields = JSON.parse(text) as Fields;
  if (known.size >= mostKnown) known.clear();
  known.set(text, fields);
  return fields;
}

function withText(entry: ManagedFieldsEntry): object {
  return entry.fieldsV1 ? { ...entry, fieldsV1: JSON.stringify(entry.fieldsV1) } : entry;
}

import type { KubeObject } from "@drydock/machinery";

/** The stored form: JSON without resourceVersion, which is etcd's own mod revision. */
export function encodeObject(object: KubeObject): Buffer {
  const { resourceVersion: _fromEtcd, ...metadata } = object.metadata;
  return Buffer.from(JSON.stringify({ ...object, metadata }));
}

export function decodeObject(_key: string, value: Buffer, modRevision: number): KubeObject {
  const object = JSON.parse(value.toString("utf8")) as KubeObject;
  object.metadata.resourceVersion = String(modRevision);
  return object;
}

/** The same object as of another revision; shares everything else with the original. */
export function withRevision(object: KubeObject, revision: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

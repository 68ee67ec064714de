import { join, resolve } from "node:path";
import { hasCode, messageOf } from "@drydock/kit";
import protobuf, { type Field, type MapField, type Root, type Type } from "protobufjs";
import { badRequest, unsupportedMediaType } from "../status/refusals.ts";

/** Every body begins with it (k8s.io/apimachinery/pkg/runtime/serializer/protobuf). */
const magic = Buffer.from("k8s\0");

const directory = resolve(import.meta.dirname, "../../../../../protos/kubernetes");

/** The messages of kinds whose writes stock clients send as protobuf, by apiVersion and kind. */
const messages: Readonly<Record<string, string>> = {
  "certificates.k8s.io/v1 CertificateSigningRequest": "CertificateSigningRequest",
};

let loaded: Root | undefined;

/**
 * An object as JSON would have it, out of `k8s\0`, runtime.Unknown and its message. Go sends what JSON leaves out as
 * empty texts and times; these are dropped. Throws REQUEST_BAD; REQUEST_UNSUPPORTED_MEDIA_TYPE for kinds that are read
 * as JSON and YAML only.
 */
export function readProtobuf(bytes: Buffer): object {
  if (!bytes.subarray(0, magic.length).equals(magic)) {
    throw badRequest("the body of the request does not begin with the magic number of a protobuf object");
  }
  loaded ??= protobuf.loadSync([join(directory, "meta.proto"), join(directory, "certificates.proto")]);
  const root = loaded;
  try {
    const envelope = decode(root.lookupType("k8s.Unknown"), bytes.subarray(magic.length)) as unknown as Envelope;
    const { apiVersion = "", kind = "" } = envelope.typeMeta ?? {};
    const name = messages[`${apiVersion} ${kind}`];
    if (name === undefined) throw notRead();
    const type = root.lookupType(`k8s.${name}`);
    const message = decode(type, envelope.raw ?? Buffer.alloc(0));
    return { apiVersion, kind, ...(asJson(type, message) as object) };
  } catch (error) {
    if (hasCode(error)) throw error;
    // All that is left to fail is the reading of the bytes.
    throw badRequest(`the body of the request is not a protobuf object: ${messageOf(error)}`);
  }
}

interface Envelope {
  typeMeta?: { apiVersion?: string; kind?: string };
  raw?: Uint8Array;
}

function notRead(): Error {
  return unsupportedMediaType(
    "this server does not read protobuf bodies, which kubectl's typed create commands send; " +
      "make the object on the client and apply it: kubectl create … --dry-run=client -o yaml | kubectl apply -f -",
  );
}

function decode(type: Type, bytes: Uint8Array): Record<string, unknown> {
  return type.toObject(type.decode(bytes), { longs: Number }) as Record<string, unknown>;
}

function asJson(type: Type, message: Record<string, unknown>): unknown {
  if (type.name === "Time") return timeText(message);
  if (type.name === "ExtraValue") return message.items ?? [];
  const result: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    const value = message[field.name];
    const converted = value === undefined ? undefined : fieldAsJson(field, value);
    if (converted === undefined || converted === "") continue;
    if (field.name === "generation" && converted === 0) continue;
    result[field.name] = converted;
  }
  return result;
}

function fieldAsJson(field: Field, value: unknown): unknown {
  const one = (item: unknown): unknown => {
    if (item instanceof Uint8Array) return Buffer.from(item).toString("base64");
    const { resolvedType } = field.resolve();
    return resolvedType instanceof protobuf.Type ? asJson(resolvedType, item as Record<string, unknown>) : item;
  };
  if ((field as Field | MapField).map) {
    const entries = Object.entries(value as Record<string, unknown>).map(([key, item]) => [key, one(item)]);
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  }
  if (!field.repeated) return one(value);
  return (value as unknown[]).length === 0 ? undefined : (value as unknown[]).map(one);
}

function timeText({ seconds = 0, nanos = 0 }: { seconds?: number; nanos?: number }): string | undefined {
  if (seconds === 0 && nanos === 0) return undefined;
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

import { apiVersionOf, builtinKinds, type JsonSchema, requestBodies, reviewKinds } from "@drydock/machinery";
import { badRequest, unsupportedMediaType } from "../status/refusals.ts";
import { membersOf } from "./protobuf/field-numbers.ts";
import { readMessage } from "./protobuf/read-message.ts";
import { malformed, wireFields } from "./protobuf/wire.ts";

/** Every body begins with it (k8s.io/apimachinery/pkg/runtime/serializer/protobuf). */
const magic = Buffer.from("k8s\0");

/** runtime.Unknown { typeMeta = 1 { apiVersion = 1; kind = 2 }; raw = 2 }, which is around every object. */
const envelope = { typeMeta: 1, raw: 2 } as const;
const typeMeta = { apiVersion: 1, kind: 2 } as const;

/** The schemas of everything that a client may send, by version and kind. */
const schemas = new Map<string, JsonSchema>(
  [...builtinKinds, ...reviewKinds, ...requestBodies].map((type) => [
    `${apiVersionOf(type)} ${type.kind}`,
    type.schema,
  ]),
);

/**
 * An object as JSON would have it, out of `k8s\0` and its message; kubectl's typed commands (create, drain, auth) and
 * client-go send such bodies for the kinds of Kubernetes. Throws REQUEST_BAD; REQUEST_UNSUPPORTED_MEDIA_TYPE for kinds
 * that have no protobuf form: those of Drydock, and what nobody here knows.
 */
export function readProtobuf(bytes: Buffer): object {
  if (!bytes.subarray(0, magic.length).equals(magic)) {
    throw badRequest("the body of the request does not begin with the magic number of a protobuf object");
  }
  const { apiVersion, kind, raw } = readEnvelope(bytes.subarray(magic.length));
  // Options are the same message in every group, and clients send them under the group that they speak to.
  const schema = schemas.get(kind === "DeleteOptions" ? "v1 DeleteOptions" : `${apiVersion} ${kind}`);
  const definition = schema?.["x-drydock-definition"];
  if (!schema || definition === undefined || !membersOf(definition)) throw notRead(apiVersion, kind);
  return { ...readMessage(schema, raw), apiVersion, kind };
}

function readEnvelope(bytes: Buffer): { apiVersion: string; kind: string; raw: Buffer } {
  const found: { apiVersion: string; kind: string; raw: Buffer } = { apiVersion: "", kind: "", raw: Buffer.alloc(0) };
  for (const { number, value } of wireFields(bytes)) {
    if (number !== envelope.typeMeta && number !== envelope.raw) continue;
    if (!Buffer.isBuffer(value)) throw malformed();
    if (number === envelope.raw) {
      found.raw = value;
      continue;
    }
    for (const part of wireFields(value)) {
      if (part.number === typeMeta.apiVersion) found.apiVersion = part.value.toString();
      else if (part.number === typeMeta.kind) found.kind = part.value.toString();
    }
  }
  return found;
}

function notRead(apiVersion: string, kind: string): Error {
  return unsupportedMediaType(
    `this server does not read ${kind || "this object"}${apiVersion && ` (${apiVersion})`} as protobuf: send it as JSON or YAML, ` +
      "e.g. kubectl create … --dry-run=client -o yaml | kubectl apply -f -",
  );
}

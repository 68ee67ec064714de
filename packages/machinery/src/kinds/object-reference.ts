import { type Static, Type } from "@sinclair/typebox";
import { definitions, text } from "./define.ts";

const core = definitions("io.k8s.api.core.v1");

export const ObjectReferenceSchema = core(
  "ObjectReference",
  "Names one object, possibly one field of it.",
  {
    apiVersion: Type.Optional(text("API version of the object.")),
    kind: Type.Optional(text("Kind of the object.")),
    namespace: Type.Optional(text("Namespace of the object.")),
    name: Type.Optional(text("Name of the object.")),
    uid: Type.Optional(text("UID of the object.")),
    resourceVersion: Type.Optional(text("Revision of the object that is meant.")),
    fieldPath: Type.Optional(text("Part of the object, e.g. spec.containers{web}.")),
  },
  { "x-kubernetes-map-type": "atomic" },
);
export type ObjectReference = Static<typeof ObjectReferenceSchema>;

export const LocalObjectReferenceSchema = core(
  "LocalObjectReference",
  "Names an object in the same namespace.",
  { name: Type.Optional(text("Name of the object.", { default: "" })) },
  { "x-kubernetes-map-type": "atomic" },
);

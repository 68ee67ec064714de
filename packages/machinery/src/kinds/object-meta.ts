import { type TSchema, Type } from "@sinclair/typebox";
import type { ObjectMeta } from "../object.ts";

const text = (description: string) => Type.String({ description });
const stringMap = (description: string) =>
  Type.Unsafe<Record<string, string>>({ type: "object", additionalProperties: { type: "string" }, description });
const time = (description: string) => Type.String({ description, format: "date-time" });

const OwnerReference = Type.Object(
  {
    apiVersion: text("API version of the owner."),
    kind: text("Kind of the owner."),
    name: text("Name of the owner."),
    uid: text("UID of the owner: a new object of the same name is another owner."),
    controller: Type.Optional(Type.Boolean({ description: "True for the one owner that manages this object." })),
    blockOwnerDeletion: Type.Optional(
      Type.Boolean({ description: "With foreground deletion the owner waits until this object is gone." }),
    ),
  },
  {
    description: "An object that this one belongs to; it is deleted after its last owner.",
    "x-drydock-definition": "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference",
  },
);

const ManagedFieldsEntry = Type.Object(
  {
    manager: Type.Optional(text("Who manages these fields.")),
    operation: Type.Optional(
      Type.Unsafe<"Apply" | "Update">({
        type: "string",
        enum: ["Apply", "Update"],
        description: "How they were written.",
      }),
    ),
    apiVersion: Type.Optional(text("Version that the fields are those of.")),
    time: Type.Optional(time("When the set of fields changed last.")),
    fieldsType: Type.Optional(text("Format of fieldsV1: always FieldsV1.")),
    fieldsV1: Type.Optional(
      Type.Unsafe<Record<string, unknown>>({
        type: "object",
        "x-kubernetes-preserve-unknown-fields": true,
        description: "The set of fields as a trie.",
      }),
    ),
    subresource: Type.Optional(text("Subresource through which they were written.")),
  },
  {
    description: "The fields that one manager applied or updated.",
    "x-drydock-definition": "io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry",
  },
);

/** metadata of every object. The static type is ObjectMeta of object.ts, where `name` is always there; on the wire generateName may stand in for it. */
export const ObjectMetaSchema: TSchema = Type.Object(
  {
    name: Type.Optional(text("Unique within a namespace (and kind); cannot be changed.")),
    generateName: Type.Optional(text("Prefix of a name that the server makes when name is empty.")),
    namespace: Type.Optional(text("The space within which the name is unique; empty for cluster-scoped objects.")),
    uid: Type.Optional(text("Unique in time and space; set by the server.")),
    resourceVersion: Type.Optional(text("Revision of the last write; a write that names it fails when it is stale.")),
    generation: Type.Optional(
      Type.Integer({ description: "Moves when the desired state changes; set by the server.", format: "int64" }),
    ),
    creationTimestamp: Type.Optional(time("When the object was created; set by the server.")),
    deletionTimestamp: Type.Optional(time("When the object will be or was to be deleted; set by the server.")),
    deletionGracePeriodSeconds: Type.Optional(
      Type.Integer({ description: "Seconds allowed for an orderly end.", format: "int64" }),
    ),
    labels: Type.Optional(stringMap("Keys and values to select objects by.")),
    annotations: Type.Optional(stringMap("Keys and values that tools keep with the object; not selectable.")),
    ownerReferences: Type.Optional(
      Type.Array(OwnerReference, {
        description: "Objects that this one belongs to.",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["uid"],
        "x-kubernetes-patch-merge-key": "uid",
        "x-kubernetes-patch-strategy": "merge",
      }),
    ),
    finalizers: Type.Optional(
      Type.Array(Type.String(), {
        description: "What must be done before the object may go; each is removed by whoever does it.",
        "x-kubernetes-list-type": "set",
        "x-kubernetes-patch-strategy": "merge",
      }),
    ),
    managedFields: Type.Optional(
      Type.Array(ManagedFieldsEntry, {
        description: "Who manages which fields; kept by the server.",
        "x-kubernetes-list-type": "atomic",
      }),
    ),
    selfLink: Type.Optional(text("Unused; accepted because old manifests carry it.")),
  },
  {
    description: "Name, labels and bookkeeping that every object has.",
    "x-drydock-definition": "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
  },
);

/** metadata inside a pod template: labels and annotations, no identity of its own. */
export const TemplateMetaSchema = Type.Unsafe<Partial<ObjectMeta>>(ObjectMetaSchema);

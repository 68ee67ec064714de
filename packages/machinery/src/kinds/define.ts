import {
  type ObjectOptions,
  type SchemaOptions,
  type Static,
  type TProperties,
  type TSchema,
  Type,
} from "@sinclair/typebox";
import type { Column, Kind } from "../kind.ts";
import type { KubeObject, ObjectMeta } from "../object.ts";
import { humanDuration } from "./human-duration.ts";
import { ObjectMetaSchema } from "./object-meta.ts";
import { unsupportedFields } from "./unsupported-fields.ts";

const everyVerb = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"] as const;

type Optionals =
  | "singular"
  | "shortNames"
  | "categories"
  | "verbs"
  | "subresources"
  | "hasStatus"
  | "selectableFields"
  | "columns";

/** A Kind with the usual answers filled in. */
export function defineKind<T extends KubeObject>(
  definition: Omit<Kind<T>, Optionals> & Partial<Pick<Kind<T>, Optionals>>,
): Kind<T> {
  return {
    singular: definition.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    verbs: everyVerb,
    subresources: [],
    hasStatus: definition.subresources?.includes("status") ?? false,
    selectableFields: {},
    columns: [nameColumn, ageColumn],
    ...definition,
  };
}

/**
 * Makes the named object schemas of one API group. The name becomes the component of the OpenAPI document and what `explain` prints as
 * the type; the fields of the same name that exist in Kubernetes and not here come from unsupported-fields.ts.
 */
export function definitions(prefix: string) {
  return <P extends TProperties>(name: string, description: string, properties: P, options: ObjectOptions = {}) =>
    Type.Object(properties, {
      description,
      "x-drydock-definition": `${prefix}.${name}`,
      ...(unsupportedFields[name] ? { "x-drydock-unsupported": unsupportedFields[name] } : {}),
      ...options,
    });
}

/** The schema of a whole object: apiVersion, kind and metadata, and what the kind adds. */
export function objectSchema<P extends TProperties>(
  type: { group: string; version: string; kind: string },
  prefix: string,
  description: string,
  properties: P,
) {
  return Type.Object(
    {
      apiVersion: Type.String({ description: "The group and version of the schema that this object follows." }),
      kind: Type.String({ description: "The kind of object that this is." }),
      metadata: Type.Unsafe<ObjectMeta>(ObjectMetaSchema),
      ...properties,
    },
    {
      description,
      "x-drydock-definition": `${prefix}.${type.kind}`,
      "x-kubernetes-group-version-kind": [{ group: type.group, version: type.version, kind: type.kind }],
      ...(unsupportedFields[type.kind] ? { "x-drydock-unsupported": unsupportedFields[type.kind] } : {}),
    },
  );
}

export const text = (description: string, options: SchemaOptions = {}) => Type.String({ description, ...options });
export const flag = (description: string, options: SchemaOptions = {}) => Type.Boolean({ description, ...options });
export const int32 = (description: string, options: SchemaOptions = {}) =>
  Type.Integer({ description, format: "int32", ...options });
export const int64 = (description: string, options: SchemaOptions = {}) =>
  Type.Integer({ description, format: "int64", ...options });
export const dateTime = (description: string) => Type.String({ description, format: "date-time" });
export const microTime = (description: string) => Type.String({ description, format: "micro-time" });
/** The same schema with the words for one use of it. */
export const described = <S extends TSchema>(description: string, schema: S): S => ({ ...schema, description });
/** Kubernetes writes null for some times that are not set. */
export const nullable = <S extends TSchema>(schema: S) => Type.Unsafe<Static<S> | null>({ ...schema, nullable: true });
/** Amount of a resource ("250m", "64Mi"); a JSON number is accepted and turned into its text. */
export const quantity = (description: string) => Type.String({ description, format: "quantity" });

export const oneOf = <const Values extends readonly string[]>(
  values: Values,
  description: string,
  options: SchemaOptions = {},
) => Type.Unsafe<Values[number]>({ type: "string", enum: values, description, ...options });

/** A field that stock tools send with its Kubernetes default, and that we accept with that value only. */
export const onlyText = <const V extends string>(value: V, description: string) =>
  Type.Unsafe<V>({ type: "string", enum: [value], description: `${description} Only ${value} is supported.` });
export const onlyFlag = <const V extends boolean>(value: V, description: string) =>
  Type.Unsafe<V>({ type: "boolean", enum: [value], description: `${description} Only ${value} is supported.` });

export const intOrString = (description: string, options: SchemaOptions = {}) =>
  Type.Unsafe<number | string>({ "x-kubernetes-int-or-string": true, description, ...options });

export const stringMap = (description: string, options: SchemaOptions = {}) =>
  Type.Unsafe<Record<string, string>>({
    type: "object",
    additionalProperties: { type: "string" },
    description,
    ...options,
  });
export const quantityMap = (description: string) =>
  Type.Unsafe<Record<string, string>>({
    type: "object",
    additionalProperties: { type: "string", format: "quantity" },
    description,
  });

/** A list that is replaced as a whole. */
export const atomicList = <S extends TSchema>(item: S, description: string, options: SchemaOptions = {}) =>
  Type.Array(item, { description, "x-kubernetes-list-type": "atomic", ...options });

/** A list of unique scalars. */
export const setList = <S extends TSchema>(item: S, description: string, options: SchemaOptions = {}) =>
  Type.Array(item, { description, "x-kubernetes-list-type": "set", ...options });

/** A list whose items are known by the fields `keys`; strategic merge patch merges by the first unless `mergeKey` says otherwise. */
export const mapList = <S extends TSchema>(
  item: S,
  keys: readonly string[],
  description: string,
  options: SchemaOptions & { mergeKey?: string } = {},
) => {
  const { mergeKey = keys[0], ...rest } = options;
  return Type.Array(item, {
    description,
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": keys,
    "x-kubernetes-patch-merge-key": mergeKey,
    "x-kubernetes-patch-strategy": "merge",
    ...rest,
  });
};

export const nameColumn: Column = {
  name: "Name",
  type: "string",
  format: "name",
  description: "Name must be unique within a namespace.",
  value: (object) => object.metadata.name,
};

export const ageColumn: Column = {
  name: "Age",
  type: "string",
  description: "Time since the object was created.",
  value: (object, now) => ageOf(object.metadata.creationTimestamp, now),
};

/** How long ago a time was, as `kubectl get` prints it; `<unknown>` without a time. */
export function ageOf(time: string | undefined, now: number): string {
  return time === undefined ? "<unknown>" : humanDuration(now - Date.parse(time));
}

export const createdAtColumn: Column = {
  name: "Created At",
  type: "date",
  description: "When the object was created.",
  value: (object) => object.metadata.creationTimestamp ?? "<unknown>",
};

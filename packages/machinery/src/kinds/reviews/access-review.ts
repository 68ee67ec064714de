import { type Static, Type } from "@sinclair/typebox";
import type { Kind } from "../../kind.ts";
import { atomicList, defineKind, definitions, flag, objectSchema, text } from "../define.ts";

const prefix = "io.k8s.api.authorization.v1";
const authorization = definitions(prefix);
const group = { group: "authorization.k8s.io", version: "v1" };
/** Asked and answered in one request, never stored. */
const verbs = ["create"] as const;

const ResourceAttributesSchema = authorization("ResourceAttributes", "What is to be done to a resource.", {
  namespace: Type.Optional(text("Namespace; empty for all, and for resources without one.")),
  verb: Type.Optional(text("get, list, watch, create, update, patch, delete …; * for all.")),
  group: Type.Optional(text("Group of the resource; * for all.")),
  version: Type.Optional(text("Version of the resource; makes no difference.")),
  resource: Type.Optional(text("Plural name of the resource; * for all.")),
  subresource: Type.Optional(text("Part of the resource, e.g. log.")),
  name: Type.Optional(text("Name of the object; empty for all.")),
});

const NonResourceAttributesSchema = authorization("NonResourceAttributes", "What is to be done to a path.", {
  path: Type.Optional(text("The path, e.g. /healthz.")),
  verb: Type.Optional(text("The HTTP method in lower case.")),
});

const asked = {
  resourceAttributes: Type.Optional(ResourceAttributesSchema),
  nonResourceAttributes: Type.Optional(NonResourceAttributesSchema),
};

const extra = Type.Optional(
  Type.Unsafe<Record<string, string[]>>({
    type: "object",
    additionalProperties: { type: "array", items: { type: "string" }, description: "Values." },
    description: "What else is known of the user.",
  }),
);

const SpecSchema = authorization("SubjectAccessReviewSpec", "Who wants to do what.", {
  ...asked,
  user: Type.Optional(text("Name of the user.")),
  groups: Type.Optional(atomicList(Type.String(), "Groups of the user.")),
  extra,
  uid: Type.Optional(text("UID of the user.")),
});

const SelfSpecSchema = authorization("SelfSubjectAccessReviewSpec", "What the sender wants to do.", asked);

const StatusSchema = authorization("SubjectAccessReviewStatus", "Whether it is allowed.", {
  allowed: flag("True when it is allowed."),
  denied: Type.Optional(flag("True when it is forbidden expressly.")),
  reason: Type.Optional(text("Why.")),
  evaluationError: Type.Optional(text("What went wrong while it was decided.")),
});

const schemaOf = <S extends typeof SpecSchema | typeof SelfSpecSchema>(kind: string, description: string, spec: S) =>
  objectSchema({ ...group, kind }, prefix, description, { spec, status: Type.Optional(StatusSchema) });

const subjectSchema = schemaOf("SubjectAccessReview", "May somebody do something?", SpecSchema);
const localSchema = schemaOf("LocalSubjectAccessReview", "May somebody do something in a namespace?", SpecSchema);
const selfSchema = schemaOf("SelfSubjectAccessReview", "May I do something?", SelfSpecSchema);

export type SubjectAccessReview = Static<typeof subjectSchema>;
export type SelfSubjectAccessReview = Static<typeof selfSchema>;
export type SubjectAccessReviewSpec = Static<typeof SpecSchema>;
export type SubjectAccessReviewStatus = Static<typeof StatusSchema>;

export const SubjectAccessReview: Kind<SubjectAccessReview> = defineKind<SubjectAccessReview>({
  ...group,
  kind: "SubjectAccessReview",
  plural: "subjectaccessreviews",
  namespaced: false,
  verbs,
  schema: subjectSchema,
});

export const LocalSubjectAccessReview: Kind<SubjectAccessReview> = defineKind<SubjectAccessReview>({
  ...group,
  kind: "LocalSubjectAccessReview",
  plural: "localsubjectaccessreviews",
  namespaced: true,
  verbs,
  schema: localSchema,
});

export const SelfSubjectAccessReview: Kind<SelfSubjectAccessReview> = defineKind<SelfSubjectAccessReview>({
  ...group,
  kind: "SelfSubjectAccessReview",
  plural: "selfsubjectaccessreviews",
  namespaced: false,
  verbs,
  schema: selfSchema,
});

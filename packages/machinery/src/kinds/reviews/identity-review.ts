import { type Static, Type } from "@sinclair/typebox";
import type { Kind } from "../../kind.ts";
import { atomicList, defineKind, definitions, flag, objectSchema, text } from "../define.ts";

const prefix = "io.k8s.api.authentication.v1";
const authentication = definitions(prefix);
const group = { group: "authentication.k8s.io", version: "v1" };

const UserInfoSchema = authentication("UserInfo", "Who somebody is to the server.", {
  username: Type.Optional(text("Name of the user.")),
  uid: Type.Optional(text("UID of the user.")),
  groups: Type.Optional(atomicList(Type.String(), "Groups of the user.")),
  extra: Type.Optional(
    Type.Unsafe<Record<string, string[]>>({
      type: "object",
      additionalProperties: { type: "array", items: { type: "string" }, description: "Values." },
      description: "What else is known of the user.",
    }),
  ),
});

const selfSchema = objectSchema({ ...group, kind: "SelfSubjectReview" }, prefix, "Who am I?", {
  status: Type.Optional(
    authentication("SelfSubjectReviewStatus", "Who the sender is.", { userInfo: Type.Optional(UserInfoSchema) }),
  ),
});

const tokenSchema = objectSchema({ ...group, kind: "TokenReview" }, prefix, "Whose token is this?", {
  spec: authentication("TokenReviewSpec", "The token that is asked about.", {
    token: Type.Optional(text("The token.")),
    audiences: Type.Optional(atomicList(Type.String(), "Who it is shown to; the API server when empty.")),
  }),
  status: Type.Optional(
    authentication("TokenReviewStatus", "Whose it is.", {
      authenticated: Type.Optional(flag("True when the token is good.")),
      user: Type.Optional(UserInfoSchema),
      audiences: Type.Optional(atomicList(Type.String(), "Those of the audiences that the token is for.")),
      error: Type.Optional(text("Why the token could not be checked.")),
    }),
  ),
});

export type UserInfo = Static<typeof UserInfoSchema>;
export type SelfSubjectReview = Static<typeof selfSchema>;
export type TokenReview = Static<typeof tokenSchema>;

/** `kubectl auth whoami`; asked and answered in one request, never stored. */
export const SelfSubjectReview: Kind<SelfSubjectReview> = defineKind<SelfSubjectReview>({
  ...group,
  kind: "SelfSubjectReview",
  plural: "selfsubjectreviews",
  namespaced: false,
  verbs: ["create"],
  schema: selfSchema,
});

/** How other servers ask whose token they were shown; never stored. */
export const TokenReview: Kind<TokenReview> = defineKind<TokenReview>({
  ...group,
  kind: "TokenReview",
  plural: "tokenreviews",
  namespaced: false,
  verbs: ["create"],
  schema: tokenSchema,
});

import { type Static, Type } from "@sinclair/typebox";
import type { Kind } from "../kind.ts";
import { ageColumn, atomicList, defineKind, flag, mapList, nameColumn, objectSchema } from "./define.ts";
import { LocalObjectReferenceSchema, ObjectReferenceSchema } from "./object-reference.ts";

const type = { group: "", version: "v1", kind: "ServiceAccount" };

const schema = objectSchema(type, "io.k8s.api.core.v1", "Who the processes of a pod are to the API server.", {
  secrets: Type.Optional(mapList(ObjectReferenceSchema, ["name"], "Secrets that pods of this account may use.")),
  imagePullSecrets: Type.Optional(atomicList(LocalObjectReferenceSchema, "Secrets for pulling images.")),
  automountServiceAccountToken: Type.Optional(flag("Whether pods get a token of this account.")),
});

export type ServiceAccount = Static<typeof schema>;

export const ServiceAccount: Kind<ServiceAccount> = defineKind<ServiceAccount>({
  ...type,
  plural: "serviceaccounts",
  namespaced: true,
  shortNames: ["sa"],
  subresources: ["token"],
  schema,
  columns: [
    nameColumn,
    {
      name: "Secrets",
      type: "string",
      description: "Number of secrets.",
      value: (account) => account.secrets?.length ?? 0,
    },
    ageColumn,
  ],
});

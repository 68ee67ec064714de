import { isDeepStrictEqual } from "node:util";
import { type Static, Type } from "@sinclair/typebox";
import type { Kind } from "../kind.ts";
import { forbidden, invalid } from "../schema/field-errors.ts";
import { ageColumn, defineKind, int64, nameColumn, objectSchema } from "./define.ts";

const type = { group: "apps", version: "v1", kind: "ControllerRevision" };

const schema = objectSchema(
  type,
  "io.k8s.api.apps.v1",
  "One state of a controller's template, kept so that it can be gone back to.",
  {
    data: Type.Optional(
      Type.Unsafe<Record<string, unknown>>({
        type: "object",
        "x-kubernetes-preserve-unknown-fields": true,
        description: "The state; cannot be changed.",
      }),
    ),
    revision: int64("Number of the revision; higher is newer."),
  },
);

export type ControllerRevision = Static<typeof schema>;

export const ControllerRevision: Kind<ControllerRevision> = defineKind<ControllerRevision>({
  ...type,
  plural: "controllerrevisions",
  namespaced: true,
  schema,
  columns: [
    nameColumn,
    { name: "Controller", type: "string", description: "The object that it is a revision of.", value: controller },
    { name: "Revision", type: "string", description: "Number of the revision.", value: ({ revision }) => revision },
    ageColumn,
  ],
  validate(revision, old) {
    const errors =
      revision.revision < 0 ? [invalid("revision", revision.revision, "must be greater than or equal to 0")] : [];
    if (old && !isDeepStrictEqual(revision.data, old.data)) errors.push(forbidden("data", "field is immutable"));
    return errors;
  },
});

function controller(revision: ControllerRevision): string {
  const owner = revision.metadata.ownerReferences?.find((reference) => reference.controller);
  if (owner === undefined) return "<none>";
  const slash = owner.apiVersion.indexOf("/");
  const group = slash < 0 ? "" : `.${owner.apiVersion.slice(0, slash)}`;
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
}

import { type Static, Type } from "@sinclair/typebox";
import { atomicList, definitions, flag, int64, text } from "../define.ts";
import type { RequestBody } from "./request-body.ts";

const meta = definitions("io.k8s.apimachinery.pkg.apis.meta.v1");

/** Values are judged by the server, which has Kubernetes' words for each. */
export const DeleteOptionsSchema = meta("DeleteOptions", "How an object is to be deleted.", {
  apiVersion: Type.Optional(text("Version of the options.")),
  kind: Type.Optional(text("DeleteOptions.")),
  gracePeriodSeconds: Type.Optional(int64("Seconds allowed for an orderly end.")),
  preconditions: Type.Optional(
    meta("Preconditions", "What must hold of the object.", {
      uid: Type.Optional(text("Its UID.")),
      resourceVersion: Type.Optional(text("Its revision.")),
    }),
  ),
  orphanDependents: Type.Optional(flag("Deprecated: use propagationPolicy.")),
  propagationPolicy: Type.Optional(text("Foreground, Background or Orphan: what becomes of dependents.")),
  dryRun: Type.Optional(atomicList(Type.String(), "All: do everything but the write.")),
});

export type DeleteOptions = Static<typeof DeleteOptionsSchema>;

export const DeleteOptions: RequestBody = {
  group: "",
  version: "v1",
  kind: "DeleteOptions",
  schema: DeleteOptionsSchema,
};

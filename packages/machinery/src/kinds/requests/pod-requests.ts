import { type Static, Type } from "@sinclair/typebox";
import { objectSchema } from "../define.ts";
import { ObjectReferenceSchema } from "../object-reference.ts";
import { DeleteOptionsSchema } from "./delete-options.ts";
import type { RequestBody } from "./request-body.ts";

const eviction = { group: "policy", version: "v1", kind: "Eviction" };
const evictionSchema = objectSchema(
  eviction,
  "io.k8s.api.policy.v1",
  "Asks for a pod's end, as far as its budget allows.",
  {
    deleteOptions: Type.Optional(DeleteOptionsSchema),
  },
);

/** POST pods/NAME/eviction: what `kubectl drain` sends. */
export const Eviction: RequestBody = { ...eviction, schema: evictionSchema };
export type Eviction = Static<typeof evictionSchema>;

const binding = { group: "", version: "v1", kind: "Binding" };
const bindingSchema = objectSchema(binding, "io.k8s.api.core.v1", "Places a pod on a node.", {
  target: ObjectReferenceSchema,
});

/** POST pods/NAME/binding: what a scheduler sends. */
export const Binding: RequestBody = { ...binding, schema: bindingSchema };
export type Binding = Static<typeof bindingSchema>;

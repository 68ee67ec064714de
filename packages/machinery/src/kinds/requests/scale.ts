import { type Static, Type } from "@sinclair/typebox";
import { definitions, int32, objectSchema, text } from "../define.ts";
import type { RequestBody } from "./request-body.ts";

const type = { group: "autoscaling", version: "v1", kind: "Scale" };
const autoscaling = definitions("io.k8s.api.autoscaling.v1");

const schema = objectSchema(
  type,
  "io.k8s.api.autoscaling.v1",
  "How many there are of an object, and how many there should be.",
  {
    spec: Type.Optional(
      autoscaling("ScaleSpec", "How many are wanted.", { replicas: Type.Optional(int32("Number that is wanted.")) }),
    ),
    status: Type.Optional(
      autoscaling("ScaleStatus", "How many there are.", {
        replicas: Type.Optional(int32("Number that is there.")),
        selector: Type.Optional(text("Selects the pods.")),
      }),
    ),
  },
);

/** The scale subresource of every kind that has one. */
export const Scale: RequestBody = { ...type, schema };
export type Scale = Static<typeof schema>;

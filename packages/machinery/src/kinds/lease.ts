import { type Static, Type } from "@sinclair/typebox";
import type { Kind } from "../kind.ts";
import { ageColumn, defineKind, definitions, int32, microTime, nameColumn, objectSchema, text } from "./define.ts";

const type = { group: "coordination.k8s.io", version: "v1", kind: "Lease" };
const coordination = definitions("io.k8s.api.coordination.v1");

const LeaseSpecSchema = coordination("LeaseSpec", "Who holds the lease, and until when.", {
  holderIdentity: Type.Optional(text("Who holds the lease; empty when nobody does.")),
  leaseDurationSeconds: Type.Optional(int32("Seconds after renewTime at which others may take it.", { minimum: 1 })),
  acquireTime: Type.Optional(microTime("When the holder got it.")),
  renewTime: Type.Optional(microTime("When the holder last renewed it.")),
  leaseTransitions: Type.Optional(int32("How often it changed hands.", { minimum: 0 })),
});

const schema = objectSchema(
  type,
  "io.k8s.api.coordination.v1",
  "A claim that ends unless it is renewed: heartbeats, leaders.",
  {
    spec: Type.Optional(LeaseSpecSchema),
  },
);

export type Lease = Static<typeof schema>;
export type LeaseSpec = Static<typeof LeaseSpecSchema>;

export const Lease: Kind<Lease> = defineKind<Lease>({
  ...type,
  plural: "leases",
  namespaced: true,
  schema,
  columns: [
    nameColumn,
    {
      name: "Holder",
      type: "string",
      description: "Who holds the lease.",
      value: (lease) => lease.spec?.holderIdentity ?? "",
    },
    ageColumn,
  ],
});

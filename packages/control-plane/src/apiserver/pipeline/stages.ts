import type { AdmissionStage } from "../admission/admission.ts";
import { certificateSigners } from "../admission/certificate-signers.ts";
import { limitRanges } from "../admission/limit-ranges.ts";
import { namespaceLifecycle } from "../admission/namespace-lifecycle.ts";
import { nodeRestriction } from "../admission/node-restriction.ts";
import { priority } from "../admission/priority.ts";
import { rbacEscalation } from "../admission/rbac-escalation.ts";
import { serviceAccount } from "../admission/service-account.ts";
import { serviceAddresses } from "../admission/service-addresses.ts";

/** Admission, in the order in which its rules run. */
export const admissionStages: readonly AdmissionStage[] = [
  serviceAccount,
  priority,
  limitRanges,
  serviceAddresses,
  namespaceLifecycle,
  nodeRestriction,
  rbacEscalation,
  certificateSigners,
];

/** The way of a request through the server, as `explain --pipeline` lists it. */
export const pipeline: readonly { name: string; what: string }[] = [
  { name: "authenticate", what: "who asks: the client certificate's name and groups, or a bearer token" },
  { name: "limit-in-flight", what: "refuses more requests at once than the server can hold" },
  { name: "impersonate", what: "acts as another user when the sender may (kubectl --as)" },
  { name: "authorize", what: "may they do this? agents: what is theirs; then RBAC" },
  { name: "decode", what: "body to object: unknown fields, types, defaults" },
  { name: "admit", what: admissionStages.map(({ name }) => name).join(", ") },
  { name: "handle", what: "validation and the store: the whole work on the request, decode and admit included" },
  { name: "audit", what: "by policy: who asked for what, what was sent, how it ended" },
];

import { bootstrappersGroup, signers } from "@drydock/machinery";
import type { BindingObject, RoleObject } from "./authorizer.ts";
import type { PolicyRule } from "./rules.ts";

/**
 * Who may ask for certificates, and who decides about them. A machine that joins is nothing but a member of
 * system:bootstrappers; a node asks for its own next certificates. What each may have, the approver decides.
 */
const group = "certificates.k8s.io";
const requests = "certificatesigningrequests";
const ask: PolicyRule = { apiGroups: [group], resources: [requests], verbs: ["create", "get", "list", "watch"] };
const rbac = "rbac.authorization.k8s.io";

export const certificateRoles: Readonly<Record<string, PolicyRule[]>> = {
  "system:node-bootstrapper": [ask],
  "system:controller:certificate-controller": [
    { apiGroups: [group], resources: [requests], verbs: ["get", "list", "watch", "delete"] },
    { apiGroups: [group], resources: [`${requests}/approval`, `${requests}/status`], verbs: ["patch", "update"] },
    { apiGroups: [group], resources: ["signers"], resourceNames: Object.values(signers), verbs: ["approve", "sign"] },
  ],
};

export const certificateBindings: Readonly<Record<string, { role: string; kind: "Group" | "User"; name: string }>> = {
  "drydock:node-bootstrapper": { role: "system:node-bootstrapper", kind: "Group", name: bootstrappersGroup },
  "drydock:node-certificate-rotation": { role: "system:node-bootstrapper", kind: "Group", name: "system:nodes" },
  "system:controller:certificate-controller": {
    role: "system:controller:certificate-controller",
    kind: "User",
    name: "system:kube-controller-manager",
  },
};

/** Anybody may read who the cluster's authority is: a machine must compare it before it shows its token. */
export const clusterInfoRole: RoleObject = {
  apiVersion: `${rbac}/v1`,
  kind: "Role",
  metadata: { name: "drydock:cluster-info", namespace: "kube-public" },
  rules: [{ apiGroups: [""], resources: ["configmaps"], resourceNames: ["cluster-info"], verbs: ["get"] }],
};

export const clusterInfoBinding: BindingObject = {
  apiVersion: `${rbac}/v1`,
  kind: "RoleBinding",
  metadata: { name: "drydock:cluster-info", namespace: "kube-public" },
  roleRef: { apiGroup: rbac, kind: "Role", name: "drydock:cluster-info" },
  subjects: ["system:unauthenticated", "system:authenticated"].map((name) => ({
    kind: "Group",
    apiGroup: rbac,
    name,
  })),
} as BindingObject;

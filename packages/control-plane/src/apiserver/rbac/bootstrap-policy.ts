import type { BindingObject, RoleObject } from "./authorizer.ts";
import { certificateBindings, certificateRoles } from "./certificate-policy.ts";
import type { PolicyRule, Subject } from "./rules.ts";

/**
 * Roles and bindings that a new cluster starts with, under the names that Kubernetes gives them
 * (plugin/pkg/auth/authorizer/rbac/bootstrappolicy). They are created when missing and then left alone: an
 * administrator's change stays.
 */
const read = ["get", "list", "watch"];
const write = [...read, "create", "update", "patch", "delete", "deletecollection"];
const events: PolicyRule[] = [
  { apiGroups: ["", "events.k8s.io"], resources: ["events"], verbs: ["create", "patch", "update"] },
];

const roles: Record<string, PolicyRule[]> = {
  "cluster-admin": [
    { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
    { nonResourceURLs: ["*"], verbs: ["*"] },
  ],
  "system:discovery": [
    {
      nonResourceURLs: [
        "/api",
        "/api/*",
        "/apis",
        "/apis/*",
        "/healthz",
        "/livez",
        "/openapi",
        "/openapi/*",
        "/readyz",
        "/version",
        "/version/",
      ],
      verbs: ["get"],
    },
  ],
  // Everybody may ask what they may do, and who they are.
  "system:basic-user": [
    {
      apiGroups: ["authorization.k8s.io"],
      resources: ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
      verbs: ["create"],
    },
    { apiGroups: ["authentication.k8s.io"], resources: ["selfsubjectreviews"], verbs: ["create"] },
  ],
  "system:auth-delegator": [
    { apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"] },
    { apiGroups: ["authorization.k8s.io"], resources: ["subjectaccessreviews"], verbs: ["create"] },
  ],
  "system:public-info-viewer": [
    { nonResourceURLs: ["/healthz", "/livez", "/readyz", "/version", "/version/"], verbs: ["get"] },
  ],
  "system:monitoring": [
    {
      nonResourceURLs: [
        "/healthz",
        "/healthz/*",
        "/livez",
        "/livez/*",
        "/metrics",
        "/readyz",
        "/readyz/*",
        "/debug/pipeline",
      ],
      verbs: ["get"],
    },
  ],
  // What an agent needs on top of its own Node, Lease and Pods, which the node-restriction stage narrows to its own.
  "system:node": [
    { apiGroups: [""], resources: ["nodes"], verbs: ["create", ...read, "update", "patch"] },
    { apiGroups: [""], resources: ["nodes/status"], verbs: ["update", "patch"] },
    { apiGroups: [""], resources: ["pods"], verbs: [...read, "delete"] },
    { apiGroups: [""], resources: ["pods/status"], verbs: ["update", "patch"] },
    { apiGroups: [""], resources: ["configmaps", "secrets", "services", "namespaces", "serviceaccounts"], verbs: read },
    { apiGroups: [""], resources: ["serviceaccounts/token"], verbs: ["create"] },
    { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: read },
    {
      apiGroups: ["coordination.k8s.io"],
      resources: ["leases"],
      verbs: [...read, "create", "update", "patch", "delete"],
    },
    { apiGroups: ["scheduling.k8s.io"], resources: ["priorityclasses"], verbs: read },
    ...events,
  ],
  "system:kube-scheduler": [
    { apiGroups: [""], resources: ["nodes", "pods", "namespaces", "services"], verbs: read },
    { apiGroups: [""], resources: ["pods"], verbs: ["delete"] },
    { apiGroups: [""], resources: ["bindings", "pods/binding"], verbs: ["create"] },
    { apiGroups: [""], resources: ["pods/status"], verbs: ["patch", "update"] },
    { apiGroups: ["scheduling.k8s.io"], resources: ["priorityclasses"], verbs: read },
    { apiGroups: ["policy"], resources: ["poddisruptionbudgets"], verbs: read },
    {
      apiGroups: ["coordination.k8s.io"],
      resources: ["leases"],
      verbs: ["create", "get", "list", "watch", "update", "patch"],
    },
    ...events,
  ],
  // The garbage and namespace controllers delete objects of every kind, so this role reads and deletes all of them.
  "system:kube-controller-manager": [
    { apiGroups: ["*"], resources: ["*"], verbs: [...read, "delete", "deletecollection", "patch", "update"] },
    { apiGroups: [""], resources: ["pods", "serviceaccounts", "configmaps", "secrets"], verbs: write },
    { apiGroups: ["apps"], resources: ["controllerrevisions"], verbs: write },
    { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: write },
    { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: write },
    ...events,
  ],
  ...certificateRoles,
};

const bindings: Record<string, { role: string; subjects: Subject[] }> = {
  "cluster-admin": { role: "cluster-admin", subjects: [group("system:masters")] },
  "system:discovery": { role: "system:discovery", subjects: [group("system:authenticated")] },
  "system:basic-user": { role: "system:basic-user", subjects: [group("system:authenticated")] },
  "system:public-info-viewer": {
    role: "system:public-info-viewer",
    subjects: [group("system:authenticated"), group("system:unauthenticated")],
  },
  "system:monitoring": { role: "system:monitoring", subjects: [group("system:monitoring")] },
  // Kubernetes binds this role to nobody and lets its node authorizer decide; here the group has the role, the node
  // authorizer narrows what is read, and the node-restriction admission what is written.
  "system:node": { role: "system:node", subjects: [group("system:nodes")] },
  "system:kube-scheduler": { role: "system:kube-scheduler", subjects: [user("system:kube-scheduler")] },
  "system:kube-controller-manager": {
    role: "system:kube-controller-manager",
    subjects: [user("system:kube-controller-manager")],
  },
  ...Object.fromEntries(
    Object.entries(certificateBindings).map(([name, { role, kind, name: subject }]) => [
      name,
      { role, subjects: [kind === "Group" ? group(subject) : user(subject)] },
    ]),
  ),
};

function group(name: string): Subject {
  return { kind: "Group", apiGroup: "rbac.authorization.k8s.io", name };
}

function user(name: string): Subject {
  return { kind: "User", apiGroup: "rbac.authorization.k8s.io", name };
}

const apiVersion = "rbac.authorization.k8s.io/v1";
const labels = { "kubernetes.io/bootstrapping": "rbac-defaults" };

export function bootstrapClusterRoles(): RoleObject[] {
  return Object.entries(roles).map(([name, rules]) => ({
    apiVersion,
    kind: "ClusterRole",
    metadata: { name, labels },
    rules,
  }));
}

export function bootstrapClusterRoleBindings(): BindingObject[] {
  return Object.entries(bindings).map(([name, { role, subjects }]) => ({
    apiVersion,
    kind: "ClusterRoleBinding",
    metadata: { name, labels },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    subjects,
  }));
}

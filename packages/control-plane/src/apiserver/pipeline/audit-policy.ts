import type { RequestInfo } from "../http/request-info.ts";
import type { User } from "../rbac/user.ts";

/** How much is written down of a request: nothing, who did what, or also what was sent. */
export type AuditLevel = "None" | "Metadata" | "Request";

/** The first rule that fits decides (audit.k8s.io/v1 Policy). A list that is left out fits everything. */
export interface AuditRule {
  level: AuditLevel;
  users?: readonly string[];
  verbs?: readonly string[];
  /** `group/resource`, with the subresource behind another slash; `/pods/log` is core. `*` for all of a group. */
  resources?: readonly string[];
  /** Paths that are no resources; `*` at the end for all below. */
  paths?: readonly string[];
}

/** What is not worth a line, and what changes the cluster. */
export const defaultAuditPolicy: readonly AuditRule[] = [
  { level: "None", paths: ["/healthz*", "/livez*", "/readyz*", "/version", "/metrics", "/openapi/*", "/api*"] },
  { level: "None", verbs: ["get", "update", "patch"], resources: ["coordination.k8s.io/leases"] },
  { level: "None", resources: ["/events"] },
  { level: "Metadata", verbs: ["get", "list", "watch"] },
  { level: "Request" },
];

/** Bodies of these never reach the log, whatever a policy says: they are secrets, or hold some. */
const secretive = [
  "/secrets",
  "/configmaps",
  "/serviceaccounts/token",
  "authentication.k8s.io/tokenreviews",
  "certificates.k8s.io/certificatesigningrequests",
];

export function auditLevel(policy: readonly AuditRule[], user: User, info: RequestInfo): AuditLevel {
  const level = policy.find((rule) => fits(rule, user, info))?.level ?? "None";
  return level === "Request" && info.isResource && secretive.includes(nameOf(info)) ? "Metadata" : level;
}

function fits({ users, verbs, resources, paths }: AuditRule, user: User, info: RequestInfo): boolean {
  if (users && !users.includes(user.name)) return false;
  if (verbs && !verbs.includes(info.verb)) return false;
  if (!resources && !paths) return true;
  if (info.isResource) {
    return resources?.some((one) => one === nameOf(info) || one === `${info.group}/*`) ?? false;
  }
  return (
    paths?.some((one) => (one.endsWith("*") ? info.path.startsWith(one.slice(0, -1)) : one === info.path)) ?? false
  );
}

function nameOf({ group, resource, subresource }: RequestInfo & { isResource: true }): string {
  return subresource === "" ? `${group}/${resource}` : `${group}/${resource}/${subresource}`;
}

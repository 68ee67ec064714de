import { dnsLabel, dnsSubdomain, type Kind, type NameRule, pathSegment } from "@drydock/machinery";

/** The rule for an object's own name; most kinds take a DNS subdomain. */
export function nameRuleOf(kind: Kind): NameRule {
  if (kind.group === "rbac.authorization.k8s.io") return pathSegment;
  return kind.group === "" && (kind.plural === "namespaces" || kind.plural === "services") ? dnsLabel : dnsSubdomain;
}

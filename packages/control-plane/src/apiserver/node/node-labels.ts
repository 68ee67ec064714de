/**
 * May an agent set this label on its own Node? Labels of Kubernetes say where pods may go, so an agent that could set
 * any of them could draw other nodes' pods (and their Secrets) to itself; `node-restriction.kubernetes.io/` is for
 * administrators who rely on that (plugin/pkg/admission/noderestriction, kubelet well-known labels). Pure.
 */
export function mayLabelItself(label: string): boolean {
  const slash = label.indexOf("/");
  if (slash < 0) return true;
  const domain = label.slice(0, slash);
  if (isBelow(domain, "node-restriction.kubernetes.io")) return false;
  if (!isBelow(domain, "kubernetes.io") && !isBelow(domain, "k8s.io")) return true;
  if (isBelow(domain, "kubelet.kubernetes.io") || isBelow(domain, "node.kubernetes.io")) return true;
  return allowed.has(label);
}

const allowed = new Set([
  "kubernetes.io/hostname",
  "kubernetes.io/arch",
  "kubernetes.io/os",
  "beta.kubernetes.io/arch",
  "beta.kubernetes.io/instance-type",
  "beta.kubernetes.io/os",
  "failure-domain.beta.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "topology.kubernetes.io/zone",
]);

function isBelow(domain: string, parent: string): boolean {
  return domain === parent || domain.endsWith(`.${parent}`);
}

/** Labels whose values differ between two states of an object. */
export function changedLabels(
  before: Readonly<Record<string, string>> | undefined,
  after: Readonly<Record<string, string>> | undefined,
): string[] {
  const all = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...all].filter((label) => before?.[label] !== after?.[label]);
}

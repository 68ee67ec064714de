import { isDeepStrictEqual } from "node:util";
import { Lease, Node, Pod } from "@drydock/machinery";
import { changedLabels, mayLabelItself } from "../node/node-labels.ts";
import { nodeNameOf } from "../rbac/user.ts";
import { forbidden } from "../status/refusals.ts";
import type { AdmissionRequest, AdmissionStage } from "./admission.ts";

/**
 * An agent writes its own Node and Lease and the pods that are bound to it, nothing of other nodes, and no labels by
 * which it could draw pods to itself
 * (plugin/pkg/admission/noderestriction).
 */
export const nodeRestriction: AdmissionStage = {
  name: "node-restriction",
  what: "agents write their own node, lease and pods only",
  validate(request: AdmissionRequest): void {
    const node = nodeNameOf(request.user);
    if (node === undefined) return;
    const refuse = (why: string) => forbidden(request.resource.kind, request.name, why);
    const { kind } = request.resource;
    if (kind.plural === Node.plural && kind.group === Node.group && request.name !== node) {
      throw refuse(`node "${node}" is not allowed to modify node "${request.name}"`);
    }
    if (kind.plural === Node.plural && kind.group === Node.group && request.object) {
      const wanted = request.object as Node;
      const before = request.old as Node | undefined;
      const labels = changedLabels(before?.metadata.labels, wanted.metadata.labels).filter(
        (one) => !mayLabelItself(one),
      );
      if (labels.length > 0) {
        throw refuse(
          `is not allowed to ${before ? "modify" : "set the following"} labels: ${labels.sort().join(", ")}`,
        );
      }
      // What keeps pods away is not for the node to take away.
      if (before && !isDeepStrictEqual(before.spec?.taints ?? [], wanted.spec?.taints ?? [])) {
        throw refuse(`node "${node}" is not allowed to modify taints`);
      }
    }
    if (kind.plural === Lease.plural && kind.group === Lease.group) {
      if (request.namespace !== "kube-node-lease") {
        throw refuse('can only access leases in the "kube-node-lease" system namespace');
      }
      if (request.name !== node) throw refuse(`can only access node lease with the same name as the requesting node`);
    }
    if (kind.plural === Pod.plural && kind.group === Pod.group) {
      const bound = ((request.old ?? request.object) as Pod | undefined)?.spec.nodeName;
      if (bound !== node) throw refuse(`node "${node}" can only change pods that are bound to it`);
    }
  },
};

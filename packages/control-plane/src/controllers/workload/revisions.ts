import {
  type ControllerRevision,
  controllerReference,
  type ObjectMeta,
  type PodTemplateSpec,
  Workload,
} from "@drydock/machinery";
import { changeCauseAnnotation, templateHashLabel } from "./labels.ts";
import { canonicalJson, templateHash } from "./template-hash.ts";

/** The pod template that a revision keeps. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec | undefined {
  const data = revision.data as { spec?: { template?: PodTemplateSpec } } | undefined;
  return data?.spec?.template;
}

export function hashOfRevision(revision: ControllerRevision): string {
  return revision.metadata.labels?.[templateHashLabel] ?? "";
}

/** The revision that keeps exactly this template; the newest, should there be several. */
export function findRevision(
  revisions: readonly ControllerRevision[],
  template: PodTemplateSpec,
): ControllerRevision | undefined {
  const wanted = canonicalJson(template);
  return newestFirst(revisions).find((revision) => canonicalJson(templateOf(revision)) === wanted);
}

export function newestFirst(revisions: readonly ControllerRevision[]): ControllerRevision[] {
  return [...revisions].sort((a, b) => b.revision - a.revision || (a.metadata.name < b.metadata.name ? -1 : 1));
}

/** The revision to create for the Workload's template; it becomes number `number` of the history. */
export function newRevision(workload: Workload, number: number): ControllerRevision {
  const { name, namespace, annotations } = workload.metadata;
  const { template } = workload.spec;
  const hash = templateHash(template, workload.status?.collisionCount ?? 0);
  const cause = annotations?.[changeCauseAnnotation];
  const metadata: ObjectMeta = {
    name: `${name}-${hash}`,
    labels: { ...template.metadata?.labels, [templateHashLabel]: hash },
    ownerReferences: [controllerReference(workload, Workload)],
  };
  if (namespace !== undefined) metadata.namespace = namespace;
  if (cause !== undefined) metadata.annotations = { [changeCauseAnnotation]: cause };
  return {
    apiVersion: "apps/v1",
    kind: "ControllerRevision",
    metadata,
    data: { spec: { template } },
    revision: number,
  };
}

/**
 * Old revisions that nobody needs: without pods, and beyond the newest `limit` of such. The current one is never among them.
 */
export function surplusRevisions(
  revisions: readonly ControllerRevision[],
  current: ControllerRevision,
  usedHashes: ReadonlySet<string>,
  limit: number,
): ControllerRevision[] {
  return newestFirst(revisions)
    .filter((revision) => revision !== current && !usedHashes.has(hashOfRevision(revision)))
    .slice(limit);
}

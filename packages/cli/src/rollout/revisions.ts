import type { Client, ControllerRevision, PodTemplateSpec, Workload } from "@drydock/machinery";
import { controllerRevisions } from "../api/types.ts";
import { failure } from "../errors.ts";

/** The revisions of a workload that are kept, oldest first. */
export async function revisionsOf(client: Client, workload: Workload): Promise<ControllerRevision[]> {
  const { namespace, uid } = workload.metadata;
  const { items } = await client.list(controllerRevisions, { namespace });
  return items
    .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
    .toSorted((a, b) => a.revision - b.revision);
}

/** The pod template of a revision: `data.spec.template`, as StatefulSet and DaemonSet keep it. */
export function templateOf({ metadata, data }: ControllerRevision): PodTemplateSpec {
  const template = (data as { spec?: { template?: PodTemplateSpec } } | undefined)?.spec?.template;
  if (!template) throw failure("CLI_REFUSED", `revision ${metadata.name} has no template`);
  return template;
}

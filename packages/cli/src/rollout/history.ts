import type { ControllerRevision } from "@drydock/machinery";
import type { Session } from "../api/session.ts";
import { workloads } from "../api/types.ts";
import { containerDetail } from "../describe/container.ts";
import { failure } from "../errors.ts";
import { ageOf } from "../output/age.ts";
import { detailLines, pairs } from "../output/details.ts";
import { print } from "../output/print.ts";
import { tableLines } from "../output/table.ts";
import { revisionsOf, templateOf } from "./revisions.ts";

export async function printHistory({ client, namespace }: Session, name: string, revision?: number): Promise<void> {
  const revisions = await revisionsOf(client, await client.get(workloads, { namespace, name }));
  if (revision !== undefined) {
    print(oneRevision(findRevision(revisions, name, revision)));
    return;
  }
  const now = Date.now();
  const rows = revisions.map((one) => [
    one.revision,
    templateOf(one)
      .spec.containers.map(({ image }) => image)
      .join(","),
    one.metadata.annotations?.["kubernetes.io/change-cause"],
    ageOf(one.metadata.creationTimestamp, now),
  ]);
  print(tableLines(["Revision", "Images", "Change-Cause", "Age"], rows).join("\n"));
}

export function findRevision(
  revisions: readonly ControllerRevision[],
  name: string,
  wanted: number,
): ControllerRevision {
  const found = revisions.find(({ revision }) => revision === wanted);
  if (found) return found;
  throw failure("CLI_NOTHING_FOUND", `workload "${name}" has no revision ${wanted}`, {
    hint: `revisions that are kept: ${revisions.map(({ revision }) => revision).join(", ")}`,
  });
}

function oneRevision(revision: ControllerRevision): string {
  const { metadata, spec } = templateOf(revision);
  return detailLines([
    ["Revision", revision.revision],
    ["Labels", pairs(metadata?.labels)],
    ["Annotations", pairs(metadata?.annotations, ": ")],
    ["Containers", { details: spec.containers.map((container) => containerDetail(container)) }],
  ]).join("\n");
}

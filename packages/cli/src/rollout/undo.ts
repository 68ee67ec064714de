import { isDeepStrictEqual } from "node:util";
import type { Session } from "../api/session.ts";
import { workloads } from "../api/types.ts";
import { failure } from "../errors.ts";
import { print } from "../output/print.ts";
import { findRevision } from "./history.ts";
import { revisionsOf, templateOf } from "./revisions.ts";

/** Puts the template of an earlier revision back: the one before the last, or the one asked for. */
export async function undo({ client, namespace }: Session, name: string, toRevision?: number): Promise<void> {
  const workload = await client.get(workloads, { namespace, name });
  const revisions = await revisionsOf(client, workload);
  const target = toRevision === undefined ? revisions.at(-2) : findRevision(revisions, name, toRevision);
  if (!target) {
    throw failure("CLI_NOTHING_FOUND", `workload "${name}" has no earlier revision`, {
      hint: "a revision is made whenever the pod template changes",
    });
  }
  const template = templateOf(target);
  if (isDeepStrictEqual(template, workload.spec.template)) {
    print(`workload.drydock.dev/${name} skipped rollback (it is at revision ${target.revision} already)`);
    return;
  }
  // An update, not a patch: fields that only the current template has must go. The resourceVersion guards against a race.
  await client.update(workloads, { ...workload, spec: { ...workload.spec, template } });
  print(`workload.drydock.dev/${name} rolled back to revision ${target.revision}`);
}

import { isDeepStrictEqual } from "node:util";
import { hasCode } from "@drydock/kit";
import type { Session } from "../api/session.ts";
import { workloads } from "../api/types.ts";
import { failure } from "../errors.ts";
import { print } from "../output/print.ts";
import { findRevision } from "./history.ts";
import { revisionsOf, templateOf } from "./revisions.ts";

/** Whoever else writes the workload at the same time, such as its controller, wins a few times at most. */
const attempts = 5;

/** Puts the template of an earlier revision back: the one before the last, or the one asked for. */
export async function undo(session: Session, name: string, toRevision?: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      print(await undoOnce(session, name, toRevision));
      return;
    } catch (error) {
      if (attempt >= attempts || !hasCode(error, "API_CONFLICT")) throw error;
    }
  }
}

async function undoOnce({ client, namespace }: Session, name: string, toRevision?: number): Promise<string> {
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
    return `workload.drydock.dev/${name} skipped rollback (it is at revision ${target.revision} already)`;
  }
  // An update, not a patch: fields that only the current template has must go. The resourceVersion guards against a race.
  await client.update(workloads, { ...workload, spec: { ...workload.spec, template } });
  return `workload.drydock.dev/${name} rolled back to revision ${target.revision}`;
}

import { Eviction, matchesLabelSelector, type Pod, PodDisruptionBudget } from "@drydock/machinery";
import { readWriteParameters } from "../http/write-parameters.ts";
import { rfc3339 } from "../registry/create.ts";
import { decodeRequest } from "../registry/decode-request.ts";
import { deleteObject } from "../registry/delete.ts";
import { type DeletionOptions, readDeletionOptions } from "../registry/delete-options.ts";
import { getObject } from "../registry/get.ts";
import type { Operation } from "../registry/operation.ts";
import { collectionPrefix } from "../registry/resource.ts";
import { updateObject } from "../registry/update.ts";
import { bodyOf, type ResourceHandler } from "../server/resource-routes.ts";
import { sendData } from "../server/send.ts";
import { badRequest, tooManyDisruptions, unavailable } from "../status/refusals.ts";
import { judgeEviction } from "./judge-eviction.ts";

/** POST pods/NAME/eviction: a deletion that the pod's disruption budget must allow (`kubectl drain`). */
export const evictionHandlers: Readonly<Record<string, ResourceHandler>> = {
  async create(call) {
    const { operation, info, request } = call;
    const { query } = request.context;
    const options = readEviction(bodyOf(call).value, info.name, query);
    const pod = (await getObject(operation, info.name, "")) as Pod;
    const now = operation.registry.clock.now();
    const counts = await takeFromBudget(operation, pod, options.dryRun, now);
    await deleteObject(operation, info.name, {
      ...options,
      preconditions: { uid: pod.metadata.uid ?? "", ...options.preconditions },
    });
    call.api.logger.debug({ pod: info.name, namespace: info.namespace, counts }, "evicted");
    return sendData(
      call.reply,
      { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 },
      "json",
      201,
    );
  },
};

function readEviction(body: unknown, name: string, query: URLSearchParams): DeletionOptions {
  const object = decodeRequest<Eviction>(Eviction, body, name);
  if (object.metadata.name && object.metadata.name !== name) {
    throw badRequest("name in URL does not match name in Eviction object");
  }
  const { dryRun } = readWriteParameters(query, "CreateOptions", "");
  const options = readDeletionOptions(object.deleteOptions, query);
  return { ...options, dryRun: dryRun || options.dryRun };
}

/** Counts the eviction against the one budget that the pod has; true when there was one. Throws REQUEST_TOO_MANY. */
async function takeFromBudget(operation: Operation, pod: Pod, dryRun: boolean, nowMs: number): Promise<boolean> {
  const { registry, namespace } = operation;
  const resource = registry.require(PodDisruptionBudget);
  const budgets = (resource.cache.list(collectionPrefix(resource, namespace)).items as PodDisruptionBudget[]).filter(
    ({ spec }) => matchesLabelSelector(spec?.selector, pod.metadata.labels),
  );
  const [budget, second] = budgets;
  if (!budget || !judgeEviction(pod, budget).counts) return false;
  if (second) {
    throw unavailable(
      `pod ${pod.metadata.name} has more than one PodDisruptionBudget (${budgets.map(({ metadata }) => metadata.name).join(", ")}), which eviction does not support`,
    );
  }
  const parameters = { dryRun, fieldValidation: "Ignore", fieldManager: "drydock-apiserver" } as const;
  // The server itself keeps the count: who may evict need not be allowed to write budgets.
  await updateObject(
    { ...operation, resource, parameters },
    budget.metadata.name,
    (current) => {
      const next = current as PodDisruptionBudget;
      const { counts, refusal } = judgeEviction(pod, next);
      if (refusal) throw tooManyDisruptions(refusal.message, refusal.cause, refusal.retryAfterSeconds);
      if (!counts || !next.status) return next;
      next.status.disruptionsAllowed--;
      next.status.disruptedPods = { ...next.status.disruptedPods, [pod.metadata.name]: rfc3339(nowMs) };
      return next;
    },
    "status",
  );
  return true;
}

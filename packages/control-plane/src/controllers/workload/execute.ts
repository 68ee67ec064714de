import { hasCode } from "@drydock/kit";
import {
  type Client,
  ControllerRevision,
  controllerOf,
  controllerReference,
  type EventRecorder,
  type KubeObject,
  Pod,
  type ResourceType,
  type Status,
  Workload,
} from "@drydock/machinery";
import { failure } from "../../errors.ts";
import { inGrowingBatches } from "../batches.ts";
import type { OwnWrites } from "../own-writes.ts";
import type { Action } from "./actions.ts";
import { changeCauseAnnotation, revisionAnnotation } from "./labels.ts";
import { canonicalJson } from "./template-hash.ts";

/** Requests for pods that are sent at once before it is known whether they are accepted at all. */
const firstBatch = 8;

export interface ExecuteDeps {
  client: Client;
  recorder: EventRecorder;
  podWrites: OwnWrites<Pod>;
  revisionWrites: OwnWrites<ControllerRevision>;
}

/** Carries out the actions of one decision, one after the other; the first failure ends it. Returns the Workload as it left it. */
export async function execute(deps: ExecuteDeps, workload: Workload, actions: readonly Action[]): Promise<Workload> {
  let current = workload;
  if (actions.some(({ type }) => type === "adoptPod" || type === "adoptRevision")) {
    await checkStillThere(deps.client, workload);
  }
  for (const action of actions) {
    switch (action.type) {
      case "adoptPod":
        await setController(deps.client, Pod, action.pod, workload);
        break;
      case "adoptRevision":
        await setController(deps.client, ControllerRevision, action.revision, workload);
        break;
      case "releasePod":
        await dropController(deps.client, Pod, action.pod, workload);
        break;
      case "releaseRevision":
        await dropController(deps.client, ControllerRevision, action.revision, workload);
        break;
      case "createRevision":
        await createRevision(deps, workload, action.revision);
        break;
      case "updateRevision":
        await updateRevision(deps.client, action.revision, action.number, action.cause);
        break;
      case "deleteRevision":
        await deps.revisionWrites.delete(action.revision, () =>
          deleteExactly(deps.client, ControllerRevision, action.revision),
        );
        break;
      case "annotateWorkload":
        current = await deps.client.patch(Workload, workload.metadata, "merge", {
          metadata: { uid: workload.metadata.uid, annotations: { [revisionAnnotation]: String(action.revision) } },
        });
        break;
      case "createPods":
        await createPods(deps, workload, action);
        break;
      case "deletePods":
        await deletePods(deps, workload, action.pods);
        break;
      case "deleteFinishedPod":
        await deps.podWrites.delete(action.pod, () => deleteExactly(deps.client, Pod, action.pod));
        break;
    }
  }
  return current;
}

async function createPods(
  deps: ExecuteDeps,
  workload: Workload,
  { pods, revision, before }: Extract<Action, { type: "createPods" }>,
): Promise<void> {
  const result = await inGrowingBatches(pods, firstBatch, (pod) => createPod(deps, workload, pod));
  if (result.succeeded > 0) {
    const message = `Scaled up revision ${revision} from ${before} to ${before + result.succeeded}`;
    deps.recorder.recordEvent(workload, "Normal", "ScaledUp", message);
  }
  // The namespace is being emptied, and this Workload will follow its pods.
  const [cause] = result.errors.filter((error) => !isNamespaceTerminating(error));
  if (cause === undefined) return;
  const why = cause instanceof Error ? cause.message : String(cause);
  deps.recorder.recordEvent(workload, "Warning", "FailedCreate", `Error creating pods of revision ${revision}: ${why}`);
  throw failure("WORKLOAD_POD_CREATE_FAILED", `pods of revision ${revision} cannot be created: ${why}`, {
    cause,
    details: { created: result.succeeded, wanted: pods.length },
  });
}

function isNamespaceTerminating(error: unknown): boolean {
  if (!hasCode(error, "API_FORBIDDEN")) return false;
  const status = error.details.status as Status | undefined;
  return status?.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating") ?? false;
}

async function createPod({ client, podWrites }: ExecuteDeps, workload: Workload, pod: Pod): Promise<void> {
  const uid = workload.metadata.uid ?? "";
  try {
    await podWrites.create(uid, pod, () => client.create(Pod, pod));
  } catch (error) {
    if (!hasCode(error, "API_ALREADY_EXISTS")) throw error;
    // Made by an earlier attempt whose answer we never got, or by another of us: the same decision has the same names.
    const found = await client.get(Pod, pod.metadata);
    if (controllerOf(found)?.uid !== uid) throw error;
    await podWrites.create(uid, pod, () => Promise.resolve(found));
  }
}

async function deletePods(
  { client, podWrites, recorder }: ExecuteDeps,
  workload: Workload,
  pods: Pod[],
): Promise<void> {
  await Promise.all(pods.map((pod) => podWrites.delete(pod, () => deleteExactly(client, Pod, pod))));
  const names = pods.map((pod) => pod.metadata.name).join(", ");
  recorder.recordEvent(workload, "Normal", "ScaledDown", `Deleted ${pods.length === 1 ? "pod" : "pods"} ${names}`);
}

async function createRevision(
  { client, revisionWrites }: ExecuteDeps,
  workload: Workload,
  revision: ControllerRevision,
): Promise<void> {
  const uid = workload.metadata.uid ?? "";
  try {
    await revisionWrites.create(uid, revision, () => client.create(ControllerRevision, revision));
  } catch (error) {
    if (!hasCode(error, "API_ALREADY_EXISTS")) throw error;
    const found = await client.get(ControllerRevision, revision.metadata);
    if (controllerOf(found)?.uid === uid && canonicalJson(found.data) === canonicalJson(revision.data)) {
      await revisionWrites.create(uid, revision, () => Promise.resolve(found));
      return;
    }
    // Another template, or another owner, has this name: count up, so that the next decision names it differently.
    const collisionCount = (workload.status?.collisionCount ?? 0) + 1;
    await client.updateStatus(Workload, { ...workload, status: { ...workload.status, collisionCount } });
    throw failure("WORKLOAD_REVISION_COLLISION", `the name ${revision.metadata.name} is taken by another revision`, {
      cause: error,
    });
  }
}

function updateRevision(client: Client, revision: ControllerRevision, number: number, cause: string | undefined) {
  const { [changeCauseAnnotation]: _, ...annotations } = revision.metadata.annotations ?? {};
  if (cause !== undefined) annotations[changeCauseAnnotation] = cause;
  return client.update(ControllerRevision, {
    ...revision,
    metadata: { ...revision.metadata, annotations },
    revision: number,
  });
}

/** The cache may not know yet that the Workload is being deleted, or is another one of the same name. */
async function checkStillThere(client: Client, workload: Workload): Promise<void> {
  const live = await client.get(Workload, workload.metadata);
  if (live.metadata.uid === workload.metadata.uid && live.metadata.deletionTimestamp === undefined) return;
  throw failure("WORKLOAD_GONE", `workload ${workload.metadata.name} has been deleted: it can adopt nothing`);
}

function setController<T extends KubeObject>(client: Client, type: ResourceType<T>, object: T, workload: Workload) {
  const others = object.metadata.ownerReferences ?? [];
  return client.update(type, {
    ...object,
    metadata: { ...object.metadata, ownerReferences: [...others, controllerReference(workload, Workload)] },
  });
}

function dropController<T extends KubeObject>(client: Client, type: ResourceType<T>, object: T, workload: Workload) {
  const rest = (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== workload.metadata.uid);
  return client.update(type, { ...object, metadata: { ...object.metadata, ownerReferences: rest } });
}

/** Deletes this very object: gone already, or replaced by another of its name, is as good. */
async function deleteExactly<T extends KubeObject>(client: Client, type: ResourceType<T>, object: T): Promise<void> {
  const { uid = "" } = object.metadata;
  try {
    await client.delete(type, object.metadata, { preconditions: { uid }, propagationPolicy: "Background" });
  } catch (error) {
    if (!hasCode(error, "API_NOT_FOUND", "API_CONFLICT")) throw error;
  }
}

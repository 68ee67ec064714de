import { type Clock, hasCode, type Logger, messageOf } from "@drydock/kit";
import {
  type Client,
  type ControllerRevision,
  type EventRecorder,
  type Informer,
  type ObjectKey,
  type Pod,
  type ReconcileResult,
  type Reconciler,
  Workload,
} from "@drydock/machinery";
import { OwnWrites } from "../own-writes.ts";
import { decide, type WorkloadDecision, type WorkloadInput } from "./decide.ts";
import { execute } from "./execute.ts";
import { indexByOwner, orphansOf } from "./owner-index.ts";
import { canonicalJson } from "./template-hash.ts";

export interface WorkloadDeps {
  client: Client;
  recorder: EventRecorder;
  workloads: Informer<Workload>;
  /** Both with the index of owner-index.ts. */
  pods: Informer<Pod>;
  revisions: Informer<ControllerRevision>;
  clock: Clock;
  logger: Logger;
}

/**
 * Makes the pods of a Workload what its spec says. Reads everything anew at each turn, lets `decide` say what to do, does it, and writes
 * the status; whatever goes wrong in between, the next turn starts from what is there.
 */
export class WorkloadReconciler implements Reconciler {
  readonly #deps: WorkloadDeps;
  readonly #podWrites: OwnWrites<Pod>;
  readonly #revisionWrites: OwnWrites<ControllerRevision>;

  constructor(deps: WorkloadDeps) {
    this.#deps = deps;
    this.#podWrites = new OwnWrites(deps.pods, () => deps.clock.now());
    this.#revisionWrites = new OwnWrites(deps.revisions, () => deps.clock.now());
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const workload = this.#deps.workloads.get(key);
    // Deleted: the garbage collector takes care of what it owned.
    if (workload === undefined) return {};
    const input = this.#observe(workload);
    const decision = decide(input);
    try {
      const { client, recorder } = this.#deps;
      const writes = { podWrites: this.#podWrites, revisionWrites: this.#revisionWrites };
      const current = await execute({ client, recorder, ...writes }, workload, decision.actions);
      await this.#writeStatus(current, decision);
    } catch (error) {
      if (hasCode(error, "WORKLOAD_POD_CREATE_FAILED")) {
        await this.#writeStatus(workload, decide({ ...input, createFailure: messageOf(error) }));
      }
      throw error;
    }
    return decision.requeueAfterMs === undefined ? {} : { requeueAfterMs: decision.requeueAfterMs };
  }

  #observe(workload: Workload): WorkloadInput {
    const { pods, revisions, clock } = this.#deps;
    const { namespace = "", uid = "" } = workload.metadata;
    const found = <T extends Pod | ControllerRevision>(informer: Informer<T>) => [
      ...informer.byIndex(indexByOwner, uid),
      ...informer.byIndex(indexByOwner, orphansOf(namespace)),
    ];
    return {
      workload,
      pods: this.#podWrites.view(uid, found(pods)),
      revisions: this.#revisionWrites.view(uid, found(revisions)),
      nameTaken: (name) => this.#podWrites.has(`${namespace}/${name}`),
      now: clock.now(),
    };
  }

  async #writeStatus(workload: Workload, { status }: WorkloadDecision): Promise<void> {
    if (canonicalJson(workload.status) === canonicalJson(status)) return;
    try {
      await this.#deps.client.updateStatus(Workload, { ...workload, status });
    } catch (error) {
      // Something newer is there, and the event that brings it here starts the next turn.
      if (!hasCode(error, "API_CONFLICT", "API_NOT_FOUND")) throw error;
      this.#deps.logger.debug({ workload: workload.metadata.name }, "status was overtaken by another write");
    }
  }
}

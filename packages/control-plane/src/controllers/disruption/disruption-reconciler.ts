import { isDeepStrictEqual } from "node:util";
import { type Clock, hasCode } from "@drydock/kit";
import {
  type Client,
  controllerOf,
  type Informer,
  matchesLabelSelector,
  type ObjectKey,
  type Pod,
  PodDisruptionBudget,
  type ReconcileResult,
  type Reconciler,
  type Workload,
  withCondition,
} from "@drydock/machinery";
import { type BudgetStatus, judgeBudget } from "./judge.ts";

export interface DisruptionDeps {
  client: Client;
  budgets: Informer<PodDisruptionBudget>;
  pods: Informer<Pod>;
  workloads: Informer<Workload>;
  clock: Clock;
}

/** How often a budget with evicted pods is looked at again, ms: one that does not go counts again after a while. */
const recheckMs = 30_000;

/** Keeps what each PodDisruptionBudget allows up to date; the API server refuses evictions by it. */
export class DisruptionReconciler implements Reconciler {
  readonly #deps: DisruptionDeps;

  constructor(deps: DisruptionDeps) {
    this.#deps = deps;
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const { client, budgets, pods, clock } = this.#deps;
    const budget = budgets.get(key);
    if (budget === undefined || budget.metadata.deletionTimestamp !== undefined) return {};
    const { namespace = "" } = budget.metadata;
    const selected = pods
      .list(namespace)
      .filter((pod) => !hasEnded(pod) && matchesLabelSelector(budget.spec?.selector, pod.metadata.labels));
    const now = clock.now();
    const counted = judgeBudget(budget, selected, this.#expected(namespace, selected), now);
    const status: BudgetStatus = { ...counted, conditions: conditionsOf(budget, counted, now) };
    const again = counted.disruptedPods ? { requeueAfterMs: recheckMs } : {};
    if (isDeepStrictEqual(status, budget.status)) return again;
    try {
      await client.updateStatus(PodDisruptionBudget, { ...budget, status });
    } catch (error) {
      // Changed or gone meanwhile, e.g. by an eviction: its event brings us back.
      if (!hasCode(error, "API_CONFLICT", "API_NOT_FOUND")) throw error;
    }
    return again;
  }

  /** What the pods' workloads want; pods without one count for themselves. */
  #expected(namespace: string, pods: readonly Pod[]): number {
    const { workloads } = this.#deps;
    const owners = new Set<string>();
    let expected = 0;
    for (const pod of pods) {
      const owner = controllerOf(pod);
      const workload = owner?.kind === workloads.type.kind ? workloads.get(`${namespace}/${owner.name}`) : undefined;
      if (!owner || workload?.metadata.uid !== owner.uid) expected++;
      else if (!owners.has(owner.uid)) {
        owners.add(owner.uid);
        expected += workload.spec.replicas ?? 1;
      }
    }
    return expected;
  }
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

function conditionsOf(
  budget: PodDisruptionBudget,
  status: BudgetStatus,
  now: number,
): NonNullable<BudgetStatus["conditions"]> {
  const allowed = status.disruptionsAllowed > 0;
  const condition = {
    type: "DisruptionAllowed",
    status: allowed ? "True" : "False",
    reason: allowed ? "SufficientPods" : "InsufficientPods",
    observedGeneration: status.observedGeneration ?? 0,
  } as const;
  return [...withCondition(budget.status?.conditions ?? [], condition, now)];
}

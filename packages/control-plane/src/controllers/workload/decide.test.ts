import type { ControllerRevision, Pod, Workload } from "@drydock/machinery";
import fc from "fast-check";
import t from "tap";
import { at, pod, revision, startOfTime, workload } from "../test-support/objects.ts";
import type { Action } from "./actions.ts";
import { decide } from "./decide.ts";
import { resolveFenceposts } from "./fenceposts.ts";
import { changeCauseAnnotation, revisionAnnotation, templateHashLabel } from "./labels.ts";
import { hashOf } from "./plan.ts";
import { isActive, isAvailable } from "./pod-state.ts";
import { templateHash } from "./template-hash.ts";

const now = startOfTime + 3_600_000;

interface Input {
  workload: Workload;
  pods?: Pod[];
  revisions?: ControllerRevision[];
  now?: number;
}

function decided({ workload: one, pods = [], revisions = [], now: time = now }: Input) {
  const names = new Set(pods.map(({ metadata }) => metadata.name));
  return decide({ workload: one, pods, revisions, nameTaken: (name) => names.has(name), now: time });
}

/** An action as one line. */
function line(action: Action): string {
  switch (action.type) {
    case "createPods":
      return `create ${action.pods.length} of ${action.revision}`;
    case "deletePods":
      return `delete ${action.pods.map(({ metadata }) => metadata.name).join(" ")}`;
    case "annotateWorkload":
      return `annotate revision ${action.revision}`;
    case "updateRevision":
      return `renumber ${action.revision.metadata.name} to ${action.number}`;
    default:
      return `${action.type} ${("pod" in action ? action.pod : action.revision).metadata.name}`;
  }
}

const lines = (input: Input) => decided(input).actions.map(line);
const hash = templateHash(workload().spec.template);
const annotated = (one: Workload, number: number): Workload => ({
  ...one,
  metadata: { ...one.metadata, annotations: { [revisionAnnotation]: String(number) } },
});

t.test("from nothing: a revision, then its pods", async (t) => {
  const { actions, status } = decided({ workload: workload() });
  t.same(actions.map(line), [`createRevision web-${hash}`, `create 3 of web-${hash}`, "annotate revision 1"]);
  const [made, pods] = actions;
  t.match(made, {
    revision: {
      revision: 1,
      metadata: { labels: { app: "web", [templateHashLabel]: hash }, ownerReferences: [{ uid: "workload-uid" }] },
    },
  });
  t.match(pods, {
    pods: [
      {
        metadata: {
          name: new RegExp(`^web-${hash}-[b-z2-9]{5}$`),
          labels: { app: "web", [templateHashLabel]: hash },
          ownerReferences: [{ kind: "Workload", name: "web", uid: "workload-uid", controller: true }],
        },
        spec: { containers: [{ name: "web", image: "web:1" }] },
      },
    ],
  });
  t.match(status, { observedGeneration: 1, replicas: 0, unavailableReplicas: 3, selector: "app=web" });
  t.match(status.conditions, [
    { type: "Available", status: "False", reason: "MinimumReplicasUnavailable" },
    { type: "Progressing", status: "True", reason: "NewReplicaSetCreated" },
  ]);
});

t.test("the same observation gives the same names, and a name that is taken is left alone", async (t) => {
  const namesOf = (input: Input) =>
    decided(input).actions.flatMap((action) =>
      action.type === "createPods" ? action.pods.map(({ metadata }) => metadata.name) : [],
    );
  const first = namesOf({ workload: workload() });
  t.equal(new Set(first).size, 3);
  t.same(namesOf({ workload: workload() }), first);
  const [taken = ""] = first;
  const second = namesOf({ workload: workload(), pods: [pod({ name: taken, hash, readySince: 0 })] });
  t.same(second, first.slice(1), "seeing one of them, another of us makes the others under the same names");
});

t.test("when all is done there is nothing to do", async (t) => {
  const one = annotated(workload(), 1);
  const pods = ["a", "b", "c"].map((name) => pod({ name, hash, node: "n", readySince: 0 }));
  const revisions = [revision(one, hash, 1)];
  const first = decided({ workload: one, pods, revisions });
  t.same(first.actions, []);
  const settled = { ...one, status: first.status };
  const second = decided({ workload: settled, pods, revisions });
  t.equal(second.status.conditions?.find(({ type }) => type === "Progressing")?.reason, "NewReplicaSetAvailable");
  const third = decided({ workload: { ...one, status: second.status }, pods, revisions, now: now + 60_000 });
  t.same(third.status, second.status, "and the status says the same a minute later");
  t.equal(third.requeueAfterMs, undefined);
});

t.test("history: back to an old template, change cause, limit", async (t) => {
  const old = revision(workload({}, "web:0"), "old", 1);
  const current = revision(workload(), hash, 2);
  const back = annotated(workload({}, "web:0"), 2);
  t.same(lines({ workload: back, revisions: [old, current], pods: [] }), [
    "renumber web-old to 3",
    "create 3 of web-old",
    "annotate revision 3",
  ]);
  const caused = annotated(workload(), 2);
  caused.metadata.annotations = { ...caused.metadata.annotations, [changeCauseAnnotation]: "because" };
  t.match(decided({ workload: caused, revisions: [old, current] }).actions[0], {
    type: "updateRevision",
    number: 2,
    cause: "because",
  });

  const many = [1, 2, 3, 4].map((n) => revision(workload({}, `old:${n}`), `old${n}`, n));
  const pods = ["a", "b", "c"].map((name) => pod({ name, hash, readySince: 0 }));
  const limited = annotated(workload({ revisionHistoryLimit: 2 }), 5);
  t.same(lines({ workload: limited, revisions: [...many, revision(limited, hash, 5)], pods }), [
    "deleteRevision web-old2",
    "deleteRevision web-old1",
  ]);
});

t.test("ownership: adopt, release, leave alone", async (t) => {
  const one = annotated(workload({ replicas: 1 }), 1);
  const revisions = [revision(one, hash, 1)];
  const pods = [
    pod({ name: "orphan", hash, owner: null, readySince: 0 }),
    pod({ name: "handmade", owner: null, labels: { app: "web" }, readySince: 0 }),
    pod({ name: "theirs", hash, owner: "another-uid", readySince: 0 }),
    pod({ name: "relabelled", labels: { app: "debug", [templateHashLabel]: hash }, readySince: 0 }),
  ];
  t.same(lines({ workload: one, revisions, pods }), ["adoptPod orphan", "releasePod relabelled"]);
  const deleted = { ...one, metadata: { ...one.metadata, deletionTimestamp: at(0) } };
  t.same(lines({ workload: deleted, revisions, pods }), [], "a workload on its way out takes and drops nothing");
});

t.test("finished pods count for nothing; a few are kept to be read", async (t) => {
  const one = annotated(workload({ replicas: 1 }), 1);
  const pods = [1, 2, 3, 4, 5].map((n) => pod({ name: `failed-${n}`, hash, phase: "Failed", createdAt: n }));
  t.same(lines({ workload: one, revisions: [revision(one, hash, 1)], pods }), [
    `create 1 of web-${hash}`,
    "deleteFinishedPod failed-2",
    "deleteFinishedPod failed-1",
  ]);
});

t.test("paused: no new revision; created paused: nothing at all", async (t) => {
  t.same(lines({ workload: workload({ paused: true }) }), []);
  const old = revision(workload({}, "web:0"), "old", 1);
  const one = workload({ paused: true, replicas: 2 });
  const { actions, status } = decided({ workload: one, revisions: [old], pods: [pod({ name: "a", readySince: 0 })] });
  t.same(actions.map(line), ["create 1 of web-old"]);
  t.equal(status.conditions?.find(({ type }) => type === "Progressing")?.reason, "DeploymentPaused");
});

t.test("minReadySeconds: available later, and looked at again then", async (t) => {
  const one = annotated(workload({ replicas: 1, minReadySeconds: 30 }), 1);
  const pods = [pod({ name: "a", hash, node: "n", readySince: 3600 - 10 })];
  const revisions = [revision(one, hash, 1)];
  const early = decided({ workload: one, pods, revisions });
  t.match(early.status, { readyReplicas: 1, availableReplicas: 0 });
  t.equal(early.requeueAfterMs, 20_000);
  t.match(decided({ workload: one, pods, revisions, now: now + 20_000 }).status, { availableReplicas: 1 });
});

t.test("the progress deadline", async (t) => {
  let one = annotated(workload({ replicas: 1, progressDeadlineSeconds: 60 }), 1);
  const revisions = [revision(one, hash, 1)];
  const pods = [pod({ name: "a", hash, node: "n" })];
  const turn = (time: number) => {
    const decision = decided({ workload: one, pods, revisions, now: time });
    one = { ...one, status: decision.status };
    return { ...decision, progressing: one.status?.conditions?.find(({ type }) => type === "Progressing") };
  };
  turn(now);
  t.equal(turn(now).requeueAfterMs, 60_000);
  t.equal(turn(now + 59_000).progressing?.status, "True");
  t.match(turn(now + 60_000).progressing, {
    status: "False",
    reason: "ProgressDeadlineExceeded",
    message: `Revision "web-${hash}" has timed out progressing.`,
  });
  t.equal(turn(now + 61_000).requeueAfterMs, undefined, "nothing more to wait for");
  pods[0] = pod({ name: "a", hash, node: "n", readySince: 3600 + 62 });
  t.equal(turn(now + 62_000).progressing?.reason, "NewReplicaSetAvailable", "late is better than never");
});

t.test("a failure to create pods is in the status", async (t) => {
  const failing = decide({
    workload: workload(),
    pods: [],
    revisions: [],
    nameTaken: () => false,
    now,
    createFailure: "quota",
  });
  t.match(
    failing.status.conditions?.find(({ type }) => type === "ReplicaFailure"),
    { status: "True", reason: "FailedCreate", message: "quota" },
  );
  const after = decided({ workload: { ...workload(), status: failing.status } });
  t.notOk(after.status.conditions?.some(({ type }) => type === "ReplicaFailure"));
});

t.test("killed between any two writes, with a cache that lags: within the bounds, and converging", async () => {
  const step = fc.record({
    /** How many of the writes are done before the controller is killed. */
    writes: fc.nat(12),
    /** How many turns of the world the controller's view is behind. */
    lag: fc.nat(3),
    world: fc.constantFrom("ready", "unready", "end", "fail", "vanish", "nothing"),
    which: fc.nat(30),
    spec: fc.constantFrom("same", "same", "same", "scale", "image", "pause"),
    value: fc.nat(6),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), fc.constantFrom("RollingUpdate", "Recreate"), (steps, type) => {
      const world = new World(workload({ strategy: { type } as never }));
      const views: World[] = [];
      for (const { writes, lag, world: what, which, spec, value } of steps) {
        world.change(spec, value);
        views.push(world.clone());
        // The spec is as old as the pods: what is checked is what a lagging cache can do, not what a user may.
        const view = views[Math.max(0, views.length - 1 - lag)] ?? world;
        world.write(view.decide().slice(0, writes));
        world.happen(what, which);
      }
      world.workload.spec.paused = false;
      for (let i = 0; i < 60; i++) {
        world.write(world.decide());
        world.settle();
      }
      const wanted = templateHash(world.workload.spec.template);
      const active = [...world.pods.values()].filter(isActive);
      if (active.length !== world.workload.spec.replicas) throw new Error(`${active.length} pods in the end`);
      if (!active.every((one) => hashOf(one) === wanted)) throw new Error("an old pod is left");
      if (world.decide().length > 0) throw new Error("it does not come to rest");
    }),
    { numRuns: 500 },
  );
});

/** The objects of one Workload, and what writes do to them: just enough of an API server to follow a decision's actions. */
class World {
  workload: Workload;
  pods = new Map<string, Pod>();
  revisions = new Map<string, ControllerRevision>();
  #uids = 0;

  constructor(one: Workload) {
    this.workload = one;
  }

  clone(): World {
    const copy = new World(structuredClone(this.workload));
    copy.pods = structuredClone(this.pods);
    copy.revisions = structuredClone(this.revisions);
    return copy;
  }

  decide(): Action[] {
    const { workload: one } = this;
    const input = { workload: one, pods: [...this.pods.values()], revisions: [...this.revisions.values()] };
    const { actions } = decided(input);
    this.#check(actions);
    return actions;
  }

  write(actions: readonly Action[]): void {
    for (const action of actions) {
      if (action.type === "createPods") {
        for (const made of action.pods) {
          // AlreadyExists: the name decides.
          if (this.pods.has(made.metadata.name)) continue;
          const metadata = { ...made.metadata, uid: `u${this.#uids++}`, creationTimestamp: at(this.#uids) };
          this.pods.set(made.metadata.name, { ...made, metadata, status: { phase: "Pending" } });
        }
      } else if (action.type === "deletePods") {
        for (const { metadata } of action.pods) this.#delete(metadata.name, metadata.uid);
      } else if (action.type === "deleteFinishedPod") {
        this.pods.delete(action.pod.metadata.name);
      } else if (action.type === "createRevision") {
        const { name } = action.revision.metadata;
        if (!this.revisions.has(name)) this.revisions.set(name, action.revision);
      } else if (action.type === "updateRevision") {
        const { name } = action.revision.metadata;
        if (this.revisions.has(name)) this.revisions.set(name, { ...action.revision, revision: action.number });
      } else if (action.type === "deleteRevision") {
        this.revisions.delete(action.revision.metadata.name);
      } else if (action.type === "annotateWorkload") {
        this.workload.metadata.annotations = { [revisionAnnotation]: String(action.revision) };
      }
    }
  }

  change(what: string, value: number): void {
    const { spec } = this.workload;
    if (what === "scale") spec.replicas = value;
    if (what === "pause") spec.paused = !spec.paused;
    if (what === "image") spec.template = workload({}, `web:${value % 3}`).spec.template;
  }

  happen(what: string, which: number): void {
    const target = [...this.pods.values()][which % Math.max(1, this.pods.size)];
    if (target === undefined) return;
    if (what === "ready") target.status = { ...target.status, ...ready(true) };
    if (what === "unready") target.status = { ...target.status, ...ready(false) };
    if (what === "fail") target.status = { phase: "Failed" };
    if (what === "vanish") this.pods.delete(target.metadata.name);
    if (what === "end" && target.metadata.deletionTimestamp) this.pods.delete(target.metadata.name);
  }

  /** All agents do their work. */
  settle(): void {
    for (const [name, one] of this.pods) {
      if (one.metadata.deletionTimestamp) this.pods.delete(name);
      else if (one.status?.phase !== "Failed") one.status = { ...one.status, ...ready(true) };
    }
  }

  #delete(name: string, uid: string | undefined): void {
    const found = this.pods.get(name);
    if (found?.metadata.uid !== uid || found === undefined) return;
    found.metadata.deletionTimestamp = at(0);
  }

  /** What one decision does to the pods that it sees. */
  #check(actions: readonly Action[]): void {
    const { spec } = this.workload;
    const { replicas = 1 } = spec;
    const isRolling = spec.strategy?.type === "RollingUpdate";
    const { maxSurge, maxUnavailable } = resolveFenceposts(replicas);
    const active = [...this.pods.values()].filter(isActive);
    const created = actions.flatMap((action) => (action.type === "createPods" ? action.pods : []));
    const deleted = actions.flatMap((action) => (action.type === "deletePods" ? action.pods : []));
    const total = active.length + created.length;
    if (created.length > 0 && total > replicas + (isRolling ? maxSurge : 0) && isRolling) {
      throw new Error(`${total} pods where ${replicas} + ${maxSurge} may be`);
    }
    if (!isRolling) return;
    const available = (pods: readonly Pod[]) => pods.filter((one) => isAvailable(one, 0, now)).length;
    const left = available(active) - available(deleted);
    if (deleted.length > 0 && left < Math.min(available(active), replicas - maxUnavailable)) {
      throw new Error(`${left} available pods left of ${available(active)}`);
    }
  }
}

function ready(is: boolean) {
  return {
    phase: "Running" as const,
    conditions: [{ type: "Ready", status: is ? ("True" as const) : ("False" as const), lastTransitionTime: at(0) }],
  };
}

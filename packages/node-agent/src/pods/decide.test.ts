import t from "tap";
import { at, ended, image, makePod, makeRun, now, observe, policy, uid, view, web } from "../test/pod-values.ts";
import { decide, decideOrphan } from "./decide.ts";
import type { PodView } from "./view.ts";

const types = (one: PodView): string[] => decide(one, policy).actions.map(({ type }) => type);
const ready = new Map([["web", { reference: "web:1", state: "done" as const, image }]]);

t.test("a new pod gets its sandbox and its image at the same time, then its container", async (t) => {
  t.same(types(view(undefined)), ["ensure-sandbox", "prepare"]);
  t.same(types(view(observe(), { preparations: new Map([["web", { reference: "web:1", state: "busy" }]]) })), []);
  t.match(decide(view(observe(), { preparations: ready }), policy).actions, [
    { type: "start", container: web, attempt: 0, failures: 0, image },
  ]);
  t.same(types(view(undefined, { preparations: ready })), ["ensure-sandbox"], "no start without a sandbox");
  const stale = new Map([["web", { reference: "web:0", state: "done" as const, image }]]);
  t.same(
    types(view(observe(), { preparations: stale })),
    ["prepare"],
    "an image that is no longer asked for does not count",
  );
});

t.test("what runs is left alone", async (t) => {
  t.same(decide(view(observe(makeRun())), policy), { actions: [] });
});

t.test("a failing container is restarted at once, then with growing waits", async (t) => {
  const waits = [0, 1, 2, 3, 9].map((failures) => {
    const one = view(observe(ended(1, 0, { attempt: failures, failures })), { preparations: ready });
    return ((decide(one, policy).wakeAt ?? now) - now) / 1000;
  });
  t.same(waits, [0, 10, 20, 40, 300]);
  const due = view(observe(ended(1, 11, { attempt: 1, failures: 1 })), { preparations: ready });
  t.match(decide(due, policy).actions, [{ type: "start", attempt: 2, failures: 2 }]);
  const long = ended(1, 0, { attempt: 7, failures: 7, startedAt: at(-601) });
  t.match(decide(view(observe(long), { preparations: ready }), policy).actions, [
    { type: "start", attempt: 8, failures: 1 },
  ]);
});

t.test("a run that went with its sandbox is no failure: the next one comes at once", async (t) => {
  const observed = observe(ended(137, 0, { attempt: 3, failures: 3 }));
  const later = { ...observed, sandbox: { id: uid, state: "ready" as const, createdAt: at(0) } };
  t.match(decide(view(later, { preparations: ready }), policy).actions, [{ type: "start", attempt: 4, failures: 3 }]);
});

t.test("restart policies", async (t) => {
  const one = (restartPolicy: "Always" | "OnFailure" | "Never", exitCode: number): string[] =>
    types(view(observe(ended(exitCode, 0)), { pod: makePod({ restartPolicy }), preparations: ready }));
  t.same(one("Always", 0), ["start"]);
  t.same(one("OnFailure", 1), ["start"]);
  t.same(one("OnFailure", 0), ["stop-sandbox"]);
  t.same(one("Never", 1), ["stop-sandbox"], "a pod that ended gives its address back");
});

t.test("a pull that failed is tried again when its time has come", async (t) => {
  const failed = {
    reference: "web:1",
    state: "failed" as const,
    reason: "ErrImagePull",
    message: "no",
    failedAt: now - 500,
    retryAt: now + 9_500,
  };
  const waiting = view(observe(), { preparations: new Map([["web", failed]]) });
  t.same(decide(waiting, policy), { actions: [], wakeAt: now + 500 }, "first to show ImagePullBackOff");
  t.same(types({ ...waiting, now: now + 9_500 }), ["prepare"]);
});

t.test("a probe that fails for good stops the container, once", async (t) => {
  const run = makeRun();
  const health = new Map([[run.id, { started: true, ready: false, failed: "liveness" as const }]]);
  t.match(decide(view(observe(run), { health }), policy).actions, [
    { type: "stop", deadline: now + 30_000, message: "Container web failed liveness probe, will be restarted" },
  ]);
  t.same(types(view(observe(run), { health, stopping: new Map([[run.id, now + 20_000]]) })), []);
});

t.test("a changed image replaces the container", async (t) => {
  const pod = makePod({ containers: [{ ...web, image: "web:2" }] });
  t.match(decide(view(observe(makeRun()), { pod }), policy).actions, [{ type: "stop" }]);
});

t.test("deletion: stop, give back the sandbox, finish", async (t) => {
  const pod = makePod({}, { deletionTimestamp: at(5), deletionGracePeriodSeconds: 5 });
  const run = makeRun();
  t.match(decide(view(observe(run), { pod }), policy).actions, [{ type: "stop", deadline: now + 5_000 }]);
  const asked = { pod, stopping: new Map([[run.id, now + 5_000]]) };
  t.same(types(view(observe(run), asked)), [], "asked once");
  const sooner = { ...asked, pod: makePod({}, { deletionTimestamp: at(0), deletionGracePeriodSeconds: 1 }) };
  t.match(
    decide(view(observe(run), sooner), policy).actions,
    [{ type: "stop", deadline: now + 1_000 }],
    "less time is given at once",
  );
  const late = { pod, now: now + 4_900 };
  t.match(
    decide(view(observe(run), late), policy).actions,
    [{ deadline: now + 6_000 }],
    "an agent that comes back does not give the whole time again",
  );
  t.same(types(view(observe(ended(0, 0)), { pod })), ["stop-sandbox"]);
  t.same(types(view({ ...observe(ended(0, 0)), sandbox: { id: uid, state: "notready", createdAt: at(0) } }, { pod })), [
    "finish",
  ]);
  t.same(types(view(undefined, { pod })), ["finish"], "also when it never began here");
});

t.test("a lost sandbox takes its containers along", async (t) => {
  const lost = { ...observe(makeRun()), sandbox: { id: uid, state: "notready" as const, createdAt: at(0) } };
  t.match(decide(view(lost), policy).actions, [{ type: "stop", deadline: now }]);
  t.same(types(view({ ...lost, containers: [ended(137, 0)] }, { preparations: ready })), ["ensure-sandbox"]);
});

t.test("a failed sandbox is tried again later", async (t) => {
  const sandboxFailure = { reason: "x", message: "x", failedAt: now, retryAt: now + 700 };
  const decision = decide(view(undefined, { sandboxFailure, preparations: ready }), policy);
  t.same(decision, { actions: [], wakeAt: now + 700 });
});

t.test("old runs and half-made ones are removed", async (t) => {
  const runs = [makeRun({ attempt: 3 }), ended(1, 90, { attempt: 2 }), ended(1, 99, { attempt: 1 }), ended(1, 99)];
  t.same(decide(view(observe(...runs)), policy).actions, [
    { type: "remove-container", id: `${uid}.web.1` },
    { type: "remove-container", id: `${uid}.web.0` },
  ]);
  const half = makeRun({ attempt: 1, state: "created" });
  t.same(
    types(view(observe(half, ended(1, 99)), { preparations: ready })),
    ["remove-container"],
    "before it is started again",
  );
});

t.test("orphans", async (t) => {
  const { pod: _, ...orphan } = view(observe(makeRun()));
  t.match(decideOrphan(orphan, policy).actions, [{ type: "stop", deadline: now + 2_000 }]);
  t.match(decideOrphan({ ...orphan, observed: observe(ended(0, 1)) }, policy).actions, [{ type: "finish" }]);
});

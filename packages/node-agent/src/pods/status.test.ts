import type { PodStatus } from "@drydock/machinery";
import t from "tap";
import { at, ended, makePod, makeRun, now, observe, policy, uid, view } from "../test/pod-values.ts";
import { podStatus, statusPatch } from "./status.ts";
import { noticesOf } from "./transitions.ts";
import type { PodView } from "./view.ts";

const statusOf = (one: PodView): PodStatus => podStatus(one, "10.88.0.11", policy);
const web = (one: PodView) => statusOf(one).containerStatuses?.[0];
const conditions = (one: PodView) =>
  Object.fromEntries((statusOf(one).conditions ?? []).map(({ type, status, reason }) => [type, reason ?? status]));

t.test("before the start", async (t) => {
  const one = view(undefined);
  t.match(statusOf(one), {
    phase: "Pending",
    hostIP: "10.88.0.11",
    qosClass: "BestEffort",
    startTime: "2026-11-21T10:00:00Z",
  });
  t.match(web(one), {
    state: { waiting: { reason: "ContainerCreating" } },
    ready: false,
    started: false,
    restartCount: 0,
  });
  t.same(conditions(one), {
    PodReadyToStartContainers: "False",
    Initialized: "True",
    Ready: "ContainersNotReady",
    ContainersReady: "ContainersNotReady",
    PodScheduled: "True",
  });
  t.match(statusOf(one).conditions?.[2]?.message, "containers with unready status: [web]");
});

t.test("running", async (t) => {
  const one = view(observe(makeRun()));
  t.match(statusOf(one), { phase: "Running", podIP: "10.88.1.2", podIPs: [{ ip: "10.88.1.2" }] });
  t.match(web(one), {
    state: { running: { startedAt: "2026-11-21T09:59:00Z" } },
    ready: true,
    started: true,
    containerID: `drydock-native://${uid}.web.0`,
    imageID: "sha256:1",
  });
  t.match(conditions(one), { Ready: "True", ContainersReady: "True", PodReadyToStartContainers: "True" });
});

t.test("running, but not ready or not started by its probes", async (t) => {
  const health = (started: boolean, ready: boolean) => new Map([[`${uid}.web.0`, { started, ready }]]);
  t.match(web(view(observe(makeRun()), { health: health(true, false) })), { ready: false, started: true });
  t.match(web(view(observe(makeRun()), { health: health(false, true) })), { ready: false, started: false });
});

t.test("between two runs", async (t) => {
  const first = ended(3, 0);
  t.match(
    web(view(observe(first))),
    { state: { terminated: { exitCode: 3, reason: "Error" } }, lastState: {} },
    "restarted at once",
  );
  const second = ended(3, 1, { attempt: 1, failures: 1 });
  const waiting = view(observe(second, first));
  t.match(web(waiting), {
    state: {
      waiting: {
        reason: "CrashLoopBackOff",
        message: `back-off 10s restarting failed container=web pod=web-1_default(${uid})`,
      },
    },
    lastState: { terminated: { exitCode: 3, finishedAt: "2026-11-21T09:59:59Z" } },
    restartCount: 1,
    ready: false,
  });
  t.equal(statusOf(waiting).phase, "Running", "a pod that restarts its containers runs");
  t.match(web(view(observe(makeRun({ attempt: 2 }), second))), {
    restartCount: 2,
    lastState: { terminated: { exitCode: 3 } },
  });
});

t.test("images that cannot be had", async (t) => {
  const failed = {
    reference: "web:1",
    state: "failed" as const,
    reason: "ErrImagePull",
    message: "no route",
    failedAt: now,
    retryAt: now + 9_000,
  };
  const one = view(observe(), { preparations: new Map([["web", failed]]) });
  t.match(web(one), { state: { waiting: { reason: "ErrImagePull", message: "no route" } } });
  t.match(web({ ...one, now: now + 1_000 }), {
    state: { waiting: { reason: "ImagePullBackOff", message: 'Back-off pulling image "web:1": no route' } },
  });
  const again = { reference: "web:1", state: "busy" as const };
  t.match(
    web(view(observe(), { preparations: new Map([["web", { ...again, after: failed }]]) })),
    { state: { waiting: { reason: "ErrImagePull" } } },
    "the next try does not hide why the last one failed",
  );
  t.match(web(view(observe(), { preparations: new Map([["web", again]]) })), {
    state: { waiting: { reason: "ContainerCreating" } },
  });
  t.equal(statusOf(one).phase, "Pending");
});

t.test("ends", async (t) => {
  const pod = makePod({ restartPolicy: "Never" });
  t.match(statusOf(view(observe(ended(0, 5)), { pod })), { phase: "Succeeded" });
  t.match(conditions(view(observe(ended(0, 5)), { pod })), { Ready: "PodCompleted" });
  t.match(statusOf(view(observe(ended(1, 5)), { pod })), { phase: "Failed" });
  const oom = ended(137, 5, { reason: "OOMKilled" });
  t.match(web(view(observe(oom), { pod })), { state: { terminated: { exitCode: 137, reason: "OOMKilled" } } });
  const done = { ...pod, status: { phase: "Succeeded" as const } };
  t.equal(statusOf(view(undefined, { pod: done })).phase, "Succeeded", "for good");
  const deleted = makePod({}, { deletionTimestamp: at(0) });
  t.equal(statusOf(view(observe(ended(143, 0)), { pod: deleted })).phase, "Failed");
});

t.test("a status that is the same is not written, transition times stay", async (t) => {
  const one = view(observe(makeRun()));
  const status = statusOf(one);
  const later = { ...one, pod: { ...makePod(), status }, now: now + 60_000 };
  t.equal(statusPatch(status, statusOf(later)), undefined);
  const changed = statusOf({ ...later, health: new Map([[`${uid}.web.0`, { started: true, ready: false }]]) });
  t.same(Object.keys(statusPatch(status, changed) ?? {}), ["conditions", "containerStatuses"]);
  const times = Object.fromEntries(
    (changed.conditions ?? []).map(({ type, lastTransitionTime }) => [type, lastTransitionTime]),
  );
  t.match(times, {
    Ready: "2026-11-21T10:01:00Z",
    PodScheduled: "2026-11-21T10:00:00Z",
    Initialized: "2026-11-21T10:00:00Z",
  });
});

t.test("conditions of others stay", async (t) => {
  const theirs = {
    type: "PodScheduled",
    status: "True" as const,
    reason: "Bound",
    lastTransitionTime: "2026-11-21T09:00:00Z",
  };
  const pod = { ...makePod(), status: { conditions: [theirs] } };
  t.same(
    statusOf(view(undefined, { pod })).conditions?.find(({ type }) => type === "PodScheduled"),
    theirs,
  );
});

t.test("back-offs are told as events, once each", async (t) => {
  const crashing = view(observe(ended(3, 1, { attempt: 1, failures: 1 })));
  const after = statusOf(crashing);
  t.match(noticesOf(crashing.pod, undefined, after), [
    { container: "web", reason: "BackOff", message: /^Back-off restarting failed container web/ },
  ]);
  t.same(noticesOf(crashing.pod, after, after), []);
});

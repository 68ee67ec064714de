import type { Container } from "@drydock/machinery";
import t from "tap";
import { at, ended, image, makePod, makeRun, observe, policy, uid, view } from "../test/pod-values.ts";
import { decide } from "./decide.ts";
import { podStatus } from "./status.ts";
import type { PodView } from "./view.ts";

const first: Container = { name: "first", image: "web:1" };
const second: Container = { name: "second", image: "web:1" };
const sidecar: Container = { name: "proxy", image: "web:1", restartPolicy: "Always" };
const preparations = new Map(
  ["first", "second", "proxy", "web"].map((name) => [name, { reference: "web:1", state: "done" as const, image }]),
);

const steps = (one: PodView): string[] =>
  decide(one, policy).actions.map((action) => {
    if (action.type === "start") return `start ${action.container.name}`;
    return action.type === "stop" ? `stop ${action.run.name}` : action.type;
  });
const statusOf = (one: PodView) => podStatus(one, "10.88.0.11", policy);
const initialized = (one: PodView) => statusOf(one).conditions?.find(({ type }) => type === "Initialized");

t.test("one after the other, then the containers", async (t) => {
  const pod = makePod({ initContainers: [first, second] });
  const one = (...runs: Parameters<typeof observe>) => view(observe(...runs), { pod, preparations });
  t.same(steps(one()), ["start first"]);
  t.same(steps(one(makeRun({ name: "first" }))), []);
  t.same(steps(one(ended(0, 5, { name: "first" }))), ["start second"]);
  const done = [ended(0, 5, { name: "first" }), ended(0, 4, { name: "second" })];
  t.same(steps(one(...done)), ["start web"]);
  t.same(steps(one(makeRun())), [], "a container that runs says that all was done before it");

  t.match(statusOf(one(ended(0, 5, { name: "first" }))), {
    phase: "Pending",
    initContainerStatuses: [
      { name: "first", ready: true, state: { terminated: { reason: "Completed" } } },
      { name: "second", ready: false, state: { waiting: { reason: "PodInitializing" } } },
    ],
    containerStatuses: [{ state: { waiting: { reason: "PodInitializing" } } }],
  });
  t.match(initialized(one(ended(0, 5, { name: "first" }))), {
    status: "False",
    reason: "ContainersNotInitialized",
    message: "containers with incomplete status: [second]",
  });
  t.match(initialized(one(...done)), { status: "True" });
});

t.test("an init container that fails is run again, or fails the pod", async (t) => {
  const failed = ended(1, 30, { name: "first", failures: 0 });
  const again = view(observe(failed), { pod: makePod({ initContainers: [first] }), preparations });
  t.same(steps(again), ["start first"]);
  const pod = makePod({ initContainers: [first, sidecar], restartPolicy: "Never" });
  const never = view(observe(failed), { pod, preparations });
  t.same(steps(never), ["stop-sandbox"]);
  t.match(statusOf(never), { phase: "Failed" });
});

t.test("a new sandbox begins anew", async (t) => {
  const pod = makePod({ initContainers: [first] });
  const before = observe(ended(0, 30, { name: "first" }), ended(137, 20));
  const observed = { ...before, sandbox: { id: uid, state: "ready" as const, createdAt: at(-10) } };
  t.match(decide(view(observed, { pod, preparations }), policy).actions, [
    { type: "start", container: first, attempt: 1 },
  ]);
});

t.test("a sidecar has to start, goes on running, and ends last", async (t) => {
  const pod = makePod({ initContainers: [first, sidecar, second], restartPolicy: "Never" });
  const one = (...runs: Parameters<typeof observe>) => view(observe(...runs), { pod, preparations });
  const prepared = ended(0, 50, { name: "first" });
  const proxy = makeRun({ name: "proxy" });
  t.same(steps(one(prepared)), ["start proxy"]);
  t.same(steps(one(prepared, proxy)), ["start second"]);
  const slow = { ...sidecar, startupProbe: { exec: { command: ["true"] } } };
  const waits = { ...one(prepared, proxy), pod: makePod({ initContainers: [first, slow, second] }) };
  t.same(steps(waits), [], "until its startup probe has passed");

  const all = [prepared, ended(0, 49, { name: "second" })];
  t.same(steps(one(...all, ended(0, 20, { name: "proxy" }), makeRun())), ["start proxy"], "also when it ended well");
  const working = one(...all, proxy, makeRun());
  t.same(steps(working), []);
  t.match(statusOf(working), { phase: "Running" });

  const finished = one(...all, proxy, ended(0, 1));
  t.same(steps(finished), ["stop proxy"]);
  t.match(statusOf(finished), { phase: "Running" }, "not over while something runs");
  t.match(statusOf(one(...all, ended(143, 0, { name: "proxy" }), ended(0, 1))), { phase: "Succeeded" });
});

t.test("deletion stops sidecars after the others, the last one first", async (t) => {
  const log: Container = { ...sidecar, name: "log" };
  const pod = makePod({ initContainers: [sidecar, log] }, { deletionTimestamp: at(5), deletionGracePeriodSeconds: 5 });
  const one = (...runs: Parameters<typeof observe>) => view(observe(...runs), { pod });
  const [proxyRun, logRun] = [makeRun({ name: "proxy" }), makeRun({ name: "log" })];
  t.same(steps(one(proxyRun, logRun, makeRun())), ["stop web"]);
  t.same(steps(one(proxyRun, logRun, ended(0, 0))), ["stop log"]);
  t.same(steps(one(proxyRun, ended(0, 0, { name: "log" }), ended(0, 0))), ["stop proxy"]);
});

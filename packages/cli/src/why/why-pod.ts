import { type ContainerStatus, containerStatusesOf, type Event, type Pod, podStatusWord } from "@drydock/machinery";
import { ageOf } from "../output/age.ts";
import { exitMeaning } from "./exit-meaning.ts";
import type { Explanation } from "./explanation.ts";
import type { Placement } from "./placement.ts";
import { remedies, verdictTable } from "./verdict-table.ts";

export interface PodFacts {
  pod: Pod;
  /** Where the scheduler would put it now. */
  placement: Placement;
  /** Of this pod, oldest first. */
  events: readonly Event[];
  /** Milliseconds since the epoch. */
  now: number;
}

const defaultScheduler = "default-scheduler";

/** Why a pod is in its state, from the first obstacle on its way. Pure. */
export function whyPod(facts: PodFacts): Explanation {
  const { pod } = facts;
  if (pod.metadata.deletionTimestamp) return goingAway(facts);
  if (!pod.spec.nodeName) return pending(facts);
  const phase = pod.status?.phase;
  if (phase === "Succeeded" || phase === "Failed") return over(facts);
  const statuses = containerStatusesOf(pod.status);
  const blocked = statuses.find(({ state }) => state?.waiting && !isQueueing(state.waiting.reason));
  if (blocked) return waiting(facts, blocked);
  const isReady = pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
  if (isReady) return running(facts);
  const unready = statuses.find(({ state, ready }) => state?.running && !ready);
  if (unready) return notReady(facts, unready);
  return starting(facts);
}

function subjectOf({ metadata }: Pod): string {
  return `pod/${metadata.name}`;
}

function pending({ pod, placement, events, now }: PodFacts): Explanation {
  const { schedulerName = defaultScheduler } = pod.spec;
  const base = { subject: subjectOf(pod), table: verdictTable(placement) };
  if (schedulerName !== defaultScheduler) {
    const verdict = `it waits for the scheduler "${schedulerName}", which the cluster's own leaves it to.`;
    return { ...base, verdict, because: [], next: [`is ${schedulerName} running? spec.schedulerName names it`] };
  }
  const { decision } = placement;
  if (decision.node) {
    const verdict = `it is not placed yet, although it fits on ${decision.node} now.`;
    const because = [
      "the scheduler tries again when something changes, and after a growing wait",
      ...lastWords(events, now),
    ];
    return { ...base, verdict, because, next: ["drydock status shows whether the control plane runs"] };
  }
  const verdict = `it is pending: none of ${decision.nodesTotal} nodes can take it.`;
  return { ...base, verdict, because: lastWords(events, now), next: remedies(placement) };
}

function waiting(
  { pod, events, now }: PodFacts,
  { name, state, lastState, restartCount }: ContainerStatus,
): Explanation {
  const subject = subjectOf(pod);
  const { reason = "", message } = state?.waiting ?? {};
  const image = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].find((one) => one.name === name)?.image;
  const said = message ? [message] : lastWords(events, now);
  if (reason === "CrashLoopBackOff") {
    const ended = lastState?.terminated;
    const verdict = `container ${name} ended ${restartCount + 1} times, and the next start waits longer each time.`;
    const because = ended ? [...howItEnded(name, ended), ...said] : said;
    const next = [`drydock logs ${pod.metadata.name} -c ${name} --previous shows what it said before it ended`];
    if (ended?.reason === "OOMKilled") next.unshift("raise resources.limits.memory, or make it use less");
    return { subject, verdict, because, next };
  }
  if (["ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"].includes(reason)) {
    const verdict = `the image ${image} of container ${name} cannot be had.`;
    const next = [
      "is the name right, does the registry have it, and may this node pull it? it is tried again by itself",
      `drydock images import FILE --name ${image} --cluster puts one into the nodes' store`,
    ];
    return { subject, verdict, because: said, next };
  }
  if (reason === "CreateContainerConfigError") {
    const next = ["create what is missing: the container starts as soon as it is there"];
    return { subject, verdict: `what container ${name} asks for is not there.`, because: said, next };
  }
  return { subject, verdict: `container ${name} waits: ${reason}.`, because: said, next: [describe(pod)] };
}

function starting({ pod, events, now }: PodFacts): Explanation {
  const verdict = `it is being started on ${pod.spec.nodeName}: ${podStatusWord(pod)}.`;
  return {
    subject: subjectOf(pod),
    verdict,
    because: lastWords(events, now),
    next: [`drydock get pod ${pod.metadata.name} -w`],
  };
}

function notReady({ pod, events, now }: PodFacts, { name, started }: ContainerStatus): Explanation {
  const which = started === false ? "startup" : "readiness";
  const probe = events.filter(({ reason }) => reason === "Unhealthy").slice(-1);
  const verdict = `it runs on ${pod.spec.nodeName}, but container ${name} has not passed its ${which} probe.`;
  const next = [
    `drydock logs ${pod.metadata.name} -c ${name}`,
    `drydock describe pod ${pod.metadata.name} shows the probe`,
  ];
  return { subject: subjectOf(pod), verdict, because: lastWords(probe, now), next };
}

function running({ pod, placement, events, now }: PodFacts): Explanation {
  const restarted = containerStatusesOf(pod.status).filter(({ restartCount }) => restartCount > 0);
  const because = [
    `it was placed on ${pod.spec.nodeName}; the table shows how the nodes compare now, without it`,
    ...restarted.flatMap(({ name, restartCount, lastState }) => [
      `container ${name} was started again ${restartCount} times`,
      ...(lastState?.terminated ? howItEnded(name, lastState.terminated) : []),
    ]),
    ...lastWords(
      events.filter(({ type }) => type === "Warning"),
      now,
    ),
  ];
  const verdict = `it is running and ready since ${ageOf(pod.status?.startTime, now)}.`;
  return { subject: subjectOf(pod), verdict, because, table: verdictTable(placement), next: [] };
}

function over({ pod, events, now }: PodFacts): Explanation {
  const { phase, reason, message } = pod.status ?? {};
  const ends = containerStatusesOf(pod.status).flatMap(({ name, state }) =>
    state?.terminated ? howItEnded(name, state.terminated) : [],
  );
  const verdict = phase === "Succeeded" ? "its work is done." : `it has failed${reason ? `: ${reason}` : ""}.`;
  const next = phase === "Failed" ? [`drydock logs ${pod.metadata.name}`, describe(pod)] : [];
  const because = [...(message ? [message] : []), ...ends, ...(ends.length > 0 ? [] : lastWords(events, now))];
  return { subject: subjectOf(pod), verdict, because, next };
}

function goingAway({ pod, events, now }: PodFacts): Explanation {
  const { finalizers = [], deletionTimestamp = "" } = pod.metadata;
  const running = containerStatusesOf(pod.status).filter(({ state }) => state?.running);
  const isLate = Date.parse(deletionTimestamp) < now;
  const because = [
    ...running.map(({ name }) => `container ${name} still runs`),
    ...finalizers.map((name) => `the finalizer ${name} holds it: whoever set it has to take it away`),
    ...lastWords(events, now),
  ];
  const verdict = isLate
    ? "it should be gone by now: its grace period is over."
    : `it is being deleted; its containers have until ${deletionTimestamp} to end.`;
  const next =
    isLate && pod.spec.nodeName ? [`drydock why node/${pod.spec.nodeName}: does its agent still answer?`] : [];
  return { subject: subjectOf(pod), verdict, because, next };
}

function howItEnded(name: string, end: { exitCode: number; reason?: string; message?: string }): string[] {
  if (end.reason === "OOMKilled")
    return [`container ${name} was killed by the kernel: it used more memory than its limit`];
  const meaning = exitMeaning(end.exitCode);
  const how = `container ${name} ended with exit code ${end.exitCode}${meaning ? `: ${meaning}` : ""}`;
  return end.message ? [how, end.message] : [how];
}

/** The last event, which is what happened last. */
function lastWords(events: readonly Event[], now: number): string[] {
  const last = events.at(-1);
  if (!last) return [];
  const at = last.series?.lastObservedTime ?? last.lastTimestamp ?? last.eventTime ?? last.metadata.creationTimestamp;
  return [`${ageOf(at, now)} ago: ${last.reason}: ${last.message}`];
}

/** These wait for others, not for themselves. */
function isQueueing(reason: string | undefined): boolean {
  return reason === undefined || reason === "PodInitializing" || reason === "ContainerCreating";
}

function describe(pod: Pod): string {
  return `drydock describe pod ${pod.metadata.name}`;
}

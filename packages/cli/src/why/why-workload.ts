import type { Event, Pod, Workload } from "@drydock/machinery";
import { podStatusWord } from "@drydock/machinery";
import type { Explanation } from "./explanation.ts";

export interface WorkloadFacts {
  workload: Workload;
  /** Those that it owns. */
  pods: readonly Pod[];
  events: readonly Event[];
  /** Of the pod that holds it up, when there is one. */
  explainPod: (pod: Pod) => Explanation;
}

/** Whether a workload is where it should be, and which of its pods keeps it from there. Pure. */
export function whyWorkload({ workload, pods, events, explainPod }: WorkloadFacts): Explanation {
  const { spec, status, metadata } = workload;
  const subject = `workload/${metadata.name}`;
  const wanted = spec.replicas ?? 1;
  const { availableReplicas = 0, updatedReplicas = 0, replicas = 0 } = status ?? {};
  const counts = `${wanted} wanted, ${replicas} there, ${updatedReplicas} of the newest template, ${availableReplicas} available`;
  const progressing = status?.conditions?.find(({ type }) => type === "Progressing");
  const words = new Map<string, number>();
  for (const pod of pods) words.set(podStatusWord(pod), (words.get(podStatusWord(pod)) ?? 0) + 1);
  const because = [
    counts,
    ...(pods.length > 0 ? [`pods: ${[...words].map(([word, count]) => `${count} ${word}`).join(", ")}`] : []),
    ...(progressing?.message ? [progressing.message] : []),
  ];
  if (metadata.deletionTimestamp) return { subject, verdict: "it is being deleted.", because, next: [] };
  const isWhole = availableReplicas >= wanted && updatedReplicas === wanted && replicas === wanted;
  if (isWhole) return { subject, verdict: "it is as it should be.", because, next: [] };
  const culprit = pods.filter((pod) => !isReady(pod) && !pod.metadata.deletionTimestamp).sort(byAge)[0];
  const stuck = progressing?.status === "False";
  const paused = spec.paused ? ["it is paused: kubectl patch it, spec.paused false, and it goes on"] : [];
  const verdict = stuck
    ? `its rollout is stuck (${progressing?.reason}).`
    : wanted > replicas && pods.length === 0
      ? "it has no pods yet."
      : "it is on its way.";
  const last = events.at(-1);
  return {
    subject,
    verdict,
    because: [...because, ...(last ? [`${last.reason}: ${last.message}`] : [])],
    next: [
      ...paused,
      ...(stuck ? [`drydock rollout undo workload/${metadata.name} brings the template before back`] : []),
    ],
    ...(culprit ? { inner: explainPod(culprit) } : {}),
  };
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") === true;
}

function byAge(a: Pod, b: Pod): number {
  return (a.metadata.creationTimestamp ?? "").localeCompare(b.metadata.creationTimestamp ?? "");
}

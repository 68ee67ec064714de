import { createHash } from "node:crypto";
import { type Any, type Container, jsonAny, readJsonAny } from "@drydock/containerd";
import type { ContainerKey } from "../native/layout.ts";
import type { FailureRecord } from "../native/records.ts";
import type { ContainerSpec } from "../port/pod-runtime.ts";

/**
 * What we know of a container is kept with it, in containerd: labels to find it by, and four notes that are each written once. So there is
 * nothing that could disagree with containerd, and an agent that lost its disk still finds its containers.
 */
export const labels = {
  podUid: "io.kubernetes.pod.uid",
  podNamespace: "io.kubernetes.pod.namespace",
  podName: "io.kubernetes.pod.name",
  container: "io.kubernetes.container.name",
  attempt: "drydock.dev/attempt",
} as const;

/** Written with the container, before anything runs. */
export interface CreatedNote {
  image: string;
  imageId: string;
  specHash: string;
  failures: number;
  createdAt: string;
  logPath: string;
  stopSignal: number;
  /** Path of its cgroup below each hierarchy's root. */
  cgroup: string;
  /** In words: what was asked for and is not in force. */
  notEnforced: string[];
}

/** Written when its process is started. */
export interface StartedNote {
  startedAt: string;
}

/** Written when it has ended, before the task is deleted. */
export interface ExitNote {
  code: number;
  finishedAt: string;
  oomKilled: boolean;
}

export interface ContainerNotes {
  created: CreatedNote;
  started: StartedNote;
  failed: FailureRecord;
  exit: ExitNote;
}

/** As much of a container as we need to know it. */
export type NotedContainer = Pick<Container, "id" | "labels" | "extensions">;

export type NoteName = keyof ContainerNotes;

function noteExtension(name: NoteName): string {
  return `drydock.dev/${name}`;
}

/** The note as an extension of a container. */
export function noteEntry<Name extends NoteName>(name: Name, note: ContainerNotes[Name]): Record<string, Any> {
  return { [noteExtension(name)]: jsonAny(`drydock.dev/container-${name}`, note) };
}

/** Undefined when it has not been written. */
export function noteOf<Name extends NoteName>(container: NotedContainer, name: Name): ContainerNotes[Name] | undefined {
  const any = container.extensions[noteExtension(name)];
  return any && readJsonAny(`${noteExtension(name)} of container ${container.id}`, any);
}

/** Whose run it is; undefined for a container that is not ours. */
export function keyOf({ labels: found }: Pick<Container, "labels">): ContainerKey | undefined {
  const [podUid, name, attempt] = [found[labels.podUid], found[labels.container], found[labels.attempt]];
  if (!podUid || !name || !/^\d+$/.test(attempt ?? "")) return undefined;
  return { podUid, name, attempt: Number(attempt) };
}

/** The labels of a run. */
export function labelsOf(spec: ContainerSpec, pod: { namespace: string; name: string }): Record<string, string> {
  return {
    [labels.podUid]: spec.podUid,
    [labels.podNamespace]: pod.namespace,
    [labels.podName]: pod.name,
    [labels.container]: spec.name,
    [labels.attempt]: String(spec.attempt),
  };
}

/**
 * A container's id follows from whose run it is, so that a second start of the same run can only ever meet the first. containerd allows
 * 76 characters, too few for a uid and a name: a digest, as long as the ids that other clients of containerd use.
 */
export function containerdId({ podUid, name, attempt }: ContainerKey): string {
  return createHash("sha256").update(`${podUid}/${name}/${attempt}`).digest("hex");
}

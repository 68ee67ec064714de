import type { Container, Pod } from "@drydock/machinery";
import { specHash } from "../pods/spec-hash.ts";
import { defaultSyncPolicy, type PodView } from "../pods/view.ts";
import type { ObservedContainer, ObservedPod } from "../port/pod-runtime.ts";

/** Values for tests of decisions: one pod with one container, at a fixed time. */
export const now = Date.parse("2026-11-21T10:00:00Z");
export const policy = defaultSyncPolicy;
export const uid = "11111111-1111-1111-1111-111111111111";
export const image = { id: "sha256:1", names: ["web:1"], sizeBytes: 1 };

export function at(seconds: number): string {
  return new Date(now + seconds * 1000).toISOString();
}

export const web: Container = { name: "web", image: "web:1" };

export function makePod(spec: Partial<Pod["spec"]> = {}, metadata: Partial<Pod["metadata"]> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web-1", namespace: "default", uid, resourceVersion: "5", ...metadata },
    spec: { containers: [web], nodeName: "node-1", ...spec },
  };
}

export function makeRun(fields: Partial<ObservedContainer> = {}): ObservedContainer {
  const attempt = fields.attempt ?? 0;
  return {
    id: `${uid}.${fields.name ?? "web"}.${attempt}`,
    podUid: uid,
    name: "web",
    attempt,
    state: "running",
    image: "web:1",
    imageId: "sha256:1",
    specHash: specHash({ ...web, name: fields.name ?? web.name }),
    failures: attempt,
    createdAt: at(-60),
    startedAt: at(-60),
    notEnforced: [],
    logPath: `/logs/${attempt}.log`,
    ...fields,
  };
}

/** A run that ended `secondsAgo` after running for ten seconds. */
export function ended(
  exitCode: number,
  secondsAgo: number,
  fields: Partial<ObservedContainer> = {},
): ObservedContainer {
  return makeRun({
    state: "exited",
    exitCode,
    reason: exitCode === 0 ? "Completed" : "Error",
    startedAt: at(-secondsAgo - 10),
    finishedAt: at(-secondsAgo),
    ...fields,
  });
}

export function observe(...containers: ObservedContainer[]): ObservedPod {
  return {
    uid,
    namespace: "default",
    name: "web-1",
    sandbox: { id: uid, state: "ready", ip: "10.88.1.2", createdAt: at(-61) },
    containers,
  };
}

export function view(observed: ObservedPod | undefined, fields: Partial<PodView> = {}): PodView {
  return { pod: makePod(), observed, health: new Map(), preparations: new Map(), stopping: new Map(), now, ...fields };
}

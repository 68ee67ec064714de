import type { CheckTools, LabCheck, LabCluster } from "@drydock/labs";
import { Pod, Workload } from "@drydock/machinery";
import { askDoctor, expectFindings } from "../shared/doctor.ts";
import { makeImageStore, startRealNode } from "../shared/real-node.ts";
import { breakCluster, type Scene } from "./start/break.ts";

interface Broken {
  cluster: LabCluster;
  scene: Scene;
  before: { pods: Pod[]; workloads: Workload[] };
}

/** So long containers must run, and not be started again, to be taken for well: twice what the probe needs to kill one, 1 s and another. */
const STEADY_MS = 5_000;
const STEADY_WITHIN_MS = 60_000;

let broken: Promise<Broken> | undefined;

function brokenCluster(t: CheckTools): Promise<Broken> {
  broken ??= makeBroken(t);
  return broken;
}

async function makeBroken(t: CheckTools): Promise<Broken> {
  const [cluster, imageDir] = await Promise.all([t.cluster({ nodeMonitorGraceMs: 60_000 }), makeImageStore(t)]);
  await startRealNode(t, cluster, { name: t.word(), imageDir });
  const scene = await breakCluster(cluster.client);
  const isBroken = await t.until(async () => {
    const pods = await podsOf(cluster, scene);
    const crashing = pods.filter((pod) => restarts(pod) >= 2);
    const stumbled = pods.find(({ metadata }) => metadata.labels?.app === scene.stumbled);
    return crashing.length === 3 && stumbled && restarts(stumbled) === 1;
  }, 90_000);
  if (!isBroken) {
    const seen = (await podsOf(cluster, scene)).map(({ metadata, status }) => [
      metadata.name,
      status?.containerStatuses,
    ]);
    throw new Error(`the pods do not crash as they should: ${JSON.stringify(seen)}`);
  }
  const { items: workloads } = await cluster.client.list(Workload, { namespace: scene.namespace });
  return { cluster, scene, before: { pods: await podsOf(cluster, scene), workloads } };
}

async function podsOf({ client }: LabCluster, { namespace }: Scene): Promise<Pod[]> {
  return (await client.list(Pod, { namespace })).items;
}

function restarts({ status }: Pod): number {
  return status?.containerStatuses?.[0]?.restartCount ?? 0;
}

/** What runs, as one text that changes with every start of a container; undefined while something does not run. */
function running(pods: readonly Pod[]): string | undefined {
  const states = pods.map(({ metadata, status }) => {
    const [container] = status?.containerStatuses ?? [];
    const isUp = container?.state?.running && !metadata.deletionTimestamp;
    return isUp ? `${metadata.name} ${container.containerID}` : undefined;
  });
  return pods.length === 4 && states.every(Boolean) ? states.sort().join() : undefined;
}

export const steps: LabCheck = {
  async diagnose(t) {
    const { cluster, scene, before } = await brokenCluster(t);
    const seen = await askDoctor(t, { KUBECONFIG: cluster.kubeconfig });
    expectFindings(t, seen, scene.findings, "lastState.terminated, the log of the run before, and the pod's events");
    const { items } = await cluster.client.list(Workload, { namespace: scene.namespace });
    const generations = (list: readonly Workload[]) => list.map(({ metadata }) => metadata.generation).join();
    if (generations(items) !== generations(before.workloads))
      throw t.wrong("without --fix it has changed a workload, expected it only to look");
  },

  async run(t) {
    const { cluster, scene } = await brokenCluster(t);
    await askDoctor(t, { KUBECONFIG: cluster.kubeconfig }, "--fix");
    let last: string | undefined;
    let since = 0;
    const isSteady = await t.until(async () => {
      const now = running(await podsOf(cluster, scene));
      if (now === undefined || now !== last) since = performance.now();
      last = now;
      return now !== undefined && performance.now() - since > STEADY_MS;
    }, STEADY_WITHIN_MS);
    if (isSteady) return;
    const pods = await podsOf(cluster, scene);
    const ill =
      pods.find((pod) => !pod.status?.containerStatuses?.[0]?.state?.running) ?? pods.find((pod) => restarts(pod) >= 2);
    const status = ill?.status?.containerStatuses?.[0];
    const ended = status?.lastState?.terminated;
    const late = `${STEADY_WITHIN_MS / 1000} s after --fix`;
    throw t.wrong(
      ill
        ? `${late} the container of ${ill.metadata.name} does not go on running, expected it to (${restarts(ill)} restarts; ${ended ? `ended with ${ended.exitCode}` : (status?.state?.waiting?.reason ?? "not started")})`
        : `${late} there are ${pods.length} pods, expected 4 that run`,
      "look again with drydock why: it may be ill of something else now",
    );
  },

  async careful(t) {
    const { cluster, scene, before } = await brokenCluster(t);
    const { items } = await cluster.client.list(Workload, { namespace: scene.namespace });
    const workload = (name: string): Workload => {
      const uid = before.workloads.find(({ metadata }) => metadata.name === name)?.metadata.uid;
      const found = items.find(({ metadata }) => metadata.uid === uid);
      if (!found) throw t.wrong(`the workload ${name} was made anew or is gone, expected it to be repaired`);
      return found;
    };
    const container = (of: Workload | undefined) => of?.spec.template.spec.containers[0];
    const old = (name: string) => container(before.workloads.find(({ metadata }) => metadata.name === name));

    const a = container(workload(scene.goodCommand.workload));
    if (a?.command?.join(" ") !== scene.goodCommand.command.join(" "))
      throw t.wrong(
        `${scene.goodCommand.workload} runs "${a?.command?.join(" ") ?? "what the image says"}", expected what it ran before: ${scene.goodCommand.command.join(" ")}`,
        "drydock rollout history, and rollout undo",
      );
    const b = container(workload(scene.setting.workload));
    const variable = b?.env?.find(({ name }) => name === scene.setting.name);
    if (b?.command?.join() !== old(scene.setting.workload)?.command?.join())
      throw t.wrong(
        `the command of ${scene.setting.workload} was changed, expected it as it was: it was right to complain`,
      );
    if (variable?.valueFrom?.configMapKeyRef?.name !== "settings")
      throw t.wrong(
        `${scene.setting.workload} has ${JSON.stringify(variable)}, expected the value from the ConfigMap settings: there it will be changed one day`,
      );
    const c = container(workload(scene.probe.workload));
    if (c?.livenessProbe?.httpGet?.port !== scene.probe.port)
      throw t.wrong(
        `the liveness probe of ${scene.probe.workload} is ${JSON.stringify(c?.livenessProbe ?? null)}, expected it at port ${scene.probe.port}`,
        "without a probe the next container that hangs is not started again by anybody",
      );
    const { failureThreshold, periodSeconds } = old(scene.probe.workload)?.livenessProbe ?? {};
    if (c.livenessProbe.failureThreshold !== failureThreshold || c.livenessProbe.periodSeconds !== periodSeconds)
      throw t.wrong(
        `the probe of ${scene.probe.workload} asks less often than before, expected another port and nothing else`,
      );
    workload(scene.stumbled);
    const untouched = before.pods.find(({ metadata }) => metadata.labels?.app === scene.stumbled);
    if (!(await podsOf(cluster, scene)).some(({ metadata }) => metadata.uid === untouched?.metadata.uid))
      throw t.wrong(
        `the pod of ${scene.stumbled} was replaced, expected it untouched: it fell over once and is well since`,
      );
    expectFindings(t, await askDoctor(t, { KUBECONFIG: cluster.kubeconfig }, "--fix"), [], "it was cured before");
  },
};

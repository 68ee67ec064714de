import type { CheckTools, LabCheck, LabCluster } from "@drydock/labs";
import { Pod, Workload } from "@drydock/machinery";
import { askDoctor, expectFindings } from "../shared/doctor.ts";
import { startRealNode } from "../shared/real-node.ts";
import { startRegistry } from "../shared/registry.ts";
import { breakCluster, fillShelf, type Scene } from "./start/break.ts";

interface Broken {
  cluster: LabCluster;
  scene: Scene;
  env: Record<string, string>;
  before: { pods: Pod[]; workloads: Workload[] };
}

let broken: Promise<Broken> | undefined;

function brokenCluster(t: CheckTools): Promise<Broken> {
  broken ??= makeBroken(t);
  return broken;
}

async function makeBroken(t: CheckTools): Promise<Broken> {
  const shelf = fillShelf();
  const [cluster, registry] = await Promise.all([
    t.cluster({ nodeMonitorGraceMs: 60_000 }),
    startRegistry(t, shelf.repositories),
  ]);
  await startRealNode(t, cluster, { name: t.word(), imageDir: `${t.scratch}/images` });
  const scene = await breakCluster(cluster.client, shelf, registry.host);
  const isBroken = await t.until(async () => {
    const waiting = (await podsOf(cluster, scene)).map(({ status }) => status?.containerStatuses?.[0]?.state);
    return (
      waiting.filter((state) => /Image/.test(state?.waiting?.reason ?? "")).length === 4 &&
      waiting.filter((state) => state?.running).length === 1
    );
  }, 90_000);
  if (!isBroken) {
    const seen = (await podsOf(cluster, scene)).map(({ metadata, status }) => [
      metadata.name,
      status?.containerStatuses,
    ]);
    throw new Error(`the images cannot be had in another way than they should: ${JSON.stringify(seen)}`);
  }
  const { items: workloads } = await cluster.client.list(Workload, { namespace: scene.namespace });
  const env = { KUBECONFIG: cluster.kubeconfig, REGISTRY: registry.host };
  return { cluster, scene, env, before: { pods: await podsOf(cluster, scene), workloads } };
}

async function podsOf({ client }: LabCluster, { namespace }: Scene): Promise<Pod[]> {
  return (await client.list(Pod, { namespace })).items;
}

function containerOf({ spec }: Workload): Workload["spec"]["template"]["spec"]["containers"][number] | undefined {
  return spec.template.spec.containers[0];
}

export const steps: LabCheck = {
  async diagnose(t) {
    const { cluster, scene, env, before } = await brokenCluster(t);
    expectFindings(t, await askDoctor(t, env), scene.findings, "HOST/REPOSITORY:TAG: ask the registry for each part");
    const { items } = await cluster.client.list(Workload, { namespace: scene.namespace });
    const generations = (list: readonly Workload[]) => list.map(({ metadata }) => metadata.generation).join();
    if (generations(items) !== generations(before.workloads))
      throw t.wrong("without --fix it has changed a workload, expected it only to look");
  },

  async pull(t) {
    const { cluster, scene, env } = await brokenCluster(t);
    await askDoctor(t, env, "--fix");
    const { client } = cluster;
    const allRun = await t.until(async () => {
      const pods = await podsOf(cluster, scene);
      return pods.length === 5 && pods.every(({ status }) => status?.containerStatuses?.[0]?.state?.running);
    }, 60_000);
    const { items } = await client.list(Workload, { namespace: scene.namespace });
    for (const workload of items) {
      const wanted = scene.images[workload.metadata.name];
      const image = containerOf(workload)?.image;
      if (image !== wanted)
        throw t.wrong(
          `${workload.metadata.name} has the image ${image}, expected ${wanted}`,
          "1.4.10 is newer than 1.4.9; and one part of the name is wrong, not three",
        );
    }
    if (allRun) return;
    const ill = (await podsOf(cluster, scene)).find(({ status }) => !status?.containerStatuses?.[0]?.state?.running);
    const waiting = ill?.status?.containerStatuses?.[0]?.state?.waiting;
    throw t.wrong(
      `30 s after --fix ${ill?.metadata.name ?? "a pod"} does not run, expected it to: ${waiting?.message ?? waiting?.reason ?? "it is gone"}`,
    );
  },

  async careful(t) {
    const { cluster, scene, env, before } = await brokenCluster(t);
    const { items } = await cluster.client.list(Workload, { namespace: scene.namespace });
    for (const old of before.workloads) {
      const { name, uid } = old.metadata;
      const now = items.find(({ metadata }) => metadata.uid === uid);
      if (!now) throw t.wrong(`the workload ${name} was made anew or is gone, expected it to be repaired`);
      if (containerOf(now)?.env?.[0]?.value !== containerOf(old)?.env?.[0]?.value)
        throw t.wrong(
          `the container of ${name} has lost its variable TEAM, expected nothing changed but what was wrong`,
          "in a merge patch a list replaces the list: send the container as it is, with one field changed",
        );
      const policy = containerOf(now)?.imagePullPolicy;
      const wanted = name === scene.never ? "IfNotPresent" : containerOf(old)?.imagePullPolicy;
      if (policy !== wanted) throw t.wrong(`${name} has imagePullPolicy ${policy}, expected ${wanted}`);
    }
    const well = before.pods.find(({ metadata }) => metadata.labels?.app === scene.healthy);
    if (!(await podsOf(cluster, scene)).some(({ metadata }) => metadata.uid === well?.metadata.uid))
      throw t.wrong(`the pod of ${scene.healthy} was replaced, expected it untouched: its image was there`);
    expectFindings(t, await askDoctor(t, env, "--fix"), [], "every image can be had now");
  },
};

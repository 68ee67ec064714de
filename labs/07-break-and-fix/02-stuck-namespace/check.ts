import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { CheckTools, LabCheck, LabCluster } from "@drydock/labs";
import { builtinKinds, getIfExists, type KubeObject, Namespace } from "@drydock/machinery";
import { askDoctor, expectFindings } from "../shared/doctor.ts";
import { breakCluster, bucketFinalizer, runBackupController, type Scene } from "./start/break.ts";

interface Broken {
  cluster: LabCluster;
  scene: Scene;
  buckets: string;
  /** Names of the objects of which the backup controller has made a backup. */
  backups: string[];
}

let broken: Promise<Broken> | undefined;

function brokenCluster(t: CheckTools): Promise<Broken> {
  broken ??= makeBroken(t);
  return broken;
}

async function makeBroken(t: CheckTools): Promise<Broken> {
  const cluster = await t.cluster({ without: ["scheduler"] });
  const { client } = cluster;
  const buckets = join(t.scratch, t.word());
  mkdirSync(buckets);
  const scene = await breakCluster(client, buckets);
  const backups: string[] = [];
  const ending = new AbortController();
  const controller = runBackupController(client, scene, (name) => backups.push(name), ending.signal);
  t.defer(async () => {
    ending.abort();
    await controller;
  });
  const isReported = await t.until(async () => {
    const namespace = await client.get(Namespace, { name: scene.namespace });
    return namespace.status?.conditions?.some(({ type }) => type === "NamespaceFinalizersRemaining");
  }, 20_000);
  if (!isReported) throw new Error("the namespace does not say what holds it");
  return { cluster, scene, buckets, backups };
}

function ask(t: CheckTools, { cluster, buckets }: Broken, ...args: string[]): Promise<string[]> {
  return askDoctor(t, { KUBECONFIG: cluster.kubeconfig, BUCKETS: buckets }, ...args);
}

async function objectsIn({ cluster }: Broken, namespace: string): Promise<{ plural: string; object: KubeObject }[]> {
  const types = builtinKinds.filter(({ namespaced, verbs }) => namespaced && verbs.includes("list"));
  const lists = await Promise.all(
    types.map(async (type) => {
      const { items } = await cluster.client.list<KubeObject>(type, { namespace });
      return items.map((object) => ({ plural: type.plural, object }));
    }),
  );
  return lists.flat();
}

export const steps: LabCheck = {
  async diagnose(t) {
    const now = await brokenCluster(t);
    const { scene, buckets } = now;
    const seen = await ask(t, now);
    const hint = "drydock describe namespace NAME says how much of what is left; a lease says who is alive";
    expectFindings(t, seen, scene.findings, hint);
    const left = (await objectsIn(now, scene.namespace)).flatMap(({ object }) => object.metadata.finalizers ?? []);
    if (left.length !== scene.findings.length || !scene.buckets.every((name) => existsSync(join(buckets, name))))
      throw t.wrong("without --fix it has removed a finalizer or a bucket, expected it only to look");
  },

  async gone(t) {
    const now = await brokenCluster(t);
    const { cluster, scene } = now;
    await ask(t, now, "--fix");
    const gone = await t.until(
      async () => (await getIfExists(cluster.client, Namespace, { name: scene.namespace })) === undefined,
      20_000,
    );
    if (gone) return;
    const namespace = await cluster.client.get(Namespace, { name: scene.namespace });
    const conditions = namespace.status?.conditions ?? [];
    const message = conditions.find(({ type }) => type === "NamespaceFinalizersRemaining")?.message;
    throw t.wrong(
      `20 s after --fix the namespace ${scene.namespace} is still there, expected it gone: ${message ?? "it does not say why"}`,
      "its conditions say what is left",
    );
  },

  async clean(t) {
    const now = await brokenCluster(t);
    const { scene, buckets, backups } = now;
    const [left] = await objectsIn(now, scene.namespace);
    if (left)
      throw t.wrong(
        `the namespace is gone, but ${left.plural}/${left.object.metadata.name} of it is still in etcd, expected nothing`,
        "whoever takes the namespace's own finalizer away takes its objects' last chance to be seen",
      );
    const bucket = scene.buckets.find((name) => existsSync(join(buckets, name)));
    if (bucket)
      throw t.wrong(
        `the bucket ${bucket} is still there, and nobody knows of it any more, expected it removed`,
        "a finalizer stands for work: who removes one takes that work upon himself",
      );
    if (!backups.includes(scene.backedUp.name))
      throw t.wrong(
        `of ${scene.backedUp.type.plural}/${scene.backedUp.name} no backup was made, expected its controller to make one: it is alive`,
        "take out the one finalizer, not the list",
      );
  },

  async careful(t) {
    const now = await brokenCluster(t);
    const { scene, buckets } = now;
    if (!existsSync(join(buckets, scene.otherBucket)))
      throw t.wrong(`the bucket ${scene.otherBucket} is gone, expected it there: ${scene.otherNamespace} uses it`);
    const others = (await objectsIn(now, scene.otherNamespace)).filter(({ object }) =>
      object.metadata.finalizers?.includes(bucketFinalizer),
    );
    if (others.length !== 1)
      throw t.wrong(
        `${scene.otherNamespace} has ${others.length} objects with ${bucketFinalizer}, expected the one that it had: nobody deletes it`,
      );
    const seen = await ask(t, now, "--fix");
    expectFindings(t, seen, [], "no namespace is being deleted any more");
  },
};

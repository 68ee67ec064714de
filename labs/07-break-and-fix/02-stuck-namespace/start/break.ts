/**
 * node break.ts       leaves a namespace on the cluster of KUBECONFIG that does not go, another one each time, says what it is called, and
 *                     stays until it is gone: it is also the controller of example.com/backup, which is alive. Buckets are made in $BUCKETS
 *
 * The check does the same to a cluster of its own. There is nothing to edit here.
 */
import { randomInt } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  type Client,
  ConfigMap,
  createClient,
  getIfExists,
  type KubeObject,
  Lease,
  loadKubeconfig,
  Namespace,
  PodDisruptionBudget,
  type ResourceType,
  Role,
  retryOnConflict,
  rfc3339Micro,
  Secret,
  ServiceAccount,
} from "@drydock/machinery";

export const bucketFinalizer = "example.com/bucket";
export const backupFinalizer = "example.com/backup";
export const bucketAnnotation = "example.com/bucket";

export interface Scene {
  namespace: string;
  /** What doctor.ts is to print. */
  findings: string[];
  /** Buckets of the namespace's objects. */
  buckets: string[];
  /** A bucket that belongs to an object of another namespace. */
  otherBucket: string;
  otherNamespace: string;
  /** What has both finalizers. */
  backedUp: { type: ResourceType; name: string };
}

const makers: [ResourceType, (metadata: KubeObject["metadata"]) => KubeObject][] = [
  [ConfigMap, (metadata) => ({ apiVersion: "v1", kind: "ConfigMap", metadata })],
  [Secret, (metadata) => ({ apiVersion: "v1", kind: "Secret", metadata })],
  [ServiceAccount, (metadata) => ({ apiVersion: "v1", kind: "ServiceAccount", metadata })],
  [Lease, (metadata) => ({ apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata })],
  [
    Role,
    (metadata) => ({ apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata, rules: [] }) as KubeObject,
  ],
  [
    PodDisruptionBudget,
    (metadata) =>
      ({
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata,
        spec: { minAvailable: 1, selector: { matchLabels: { app: "x" } } },
      }) as KubeObject,
  ],
];

export async function breakCluster(client: Client, bucketsDirectory: string): Promise<Scene> {
  const namespace = word("old");
  const otherNamespace = word("live");
  for (const name of [namespace, otherNamespace])
    await client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  const chosen = [...makers].sort(() => randomInt(2) - 0.5).slice(0, 3);
  const findings: string[] = [];
  const buckets: string[] = [];
  const create = async (
    at: number,
    where: string,
    finalizers: string[],
  ): Promise<{ type: ResourceType; name: string; bucket: string }> => {
    const [type, make] = chosen[at] as (typeof makers)[number];
    const [name, bucket] = [word("x"), word("bucket")];
    mkdirSync(join(bucketsDirectory, bucket), { recursive: true });
    writeFileSync(join(bucketsDirectory, bucket, "data"), word("content"));
    await client.create(
      type,
      make({ name, namespace: where, annotations: { [bucketAnnotation]: bucket }, finalizers }),
    );
    return { type, name, bucket };
  };
  let backedUp: Scene["backedUp"] | undefined;
  for (const [at, finalizers] of [[bucketFinalizer], [bucketFinalizer, backupFinalizer], [backupFinalizer]].entries()) {
    const { type, name, bucket } = await create(at, namespace, finalizers);
    if (finalizers.includes(bucketFinalizer)) {
      buckets.push(bucket);
      findings.push(`${type.plural}/${name} ${bucketFinalizer} gone`);
    }
    if (finalizers.includes(backupFinalizer)) findings.push(`${type.plural}/${name} ${backupFinalizer} alive`);
    if (finalizers.length === 2) backedUp = { type, name };
  }
  const other = await create(0, otherNamespace, [bucketFinalizer]);
  // The controller of buckets was uninstalled ten minutes ago.
  await renew(client, "bucket", Date.now() - 600_000);
  await renew(client, "backup", Date.now());
  await client.delete(Namespace, { name: namespace });
  if (!backedUp) throw new Error("no object has both finalizers");
  return { namespace, findings, buckets, otherBucket: other.bucket, otherNamespace, backedUp };
}

/** The controller of example.com/backup: makes its backup when buckets are dealt with, then lets go. Resolves when the namespace is gone. */
export async function runBackupController(
  client: Client,
  { namespace }: Scene,
  backup: (name: string) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted && (await getIfExists(client, Namespace, { name: namespace }))) {
    await renew(client, "backup", Date.now());
    const held = await objectsWithFinalizers(client, namespace);
    if (held.every(({ object }) => !object.metadata.finalizers?.includes(bucketFinalizer))) {
      for (const { type, object } of held) {
        if (!object.metadata.finalizers?.includes(backupFinalizer)) continue;
        backup(object.metadata.name);
        await retryOnConflict(async () => {
          const now = await getIfExists(client, type, object.metadata);
          const finalizers = now?.metadata.finalizers?.filter((one) => one !== backupFinalizer);
          if (now) await client.update(type, { ...now, metadata: { ...now.metadata, finalizers: finalizers ?? [] } });
        });
      }
    }
    await delay(200, undefined, { signal }).catch(() => {});
  }
}

async function objectsWithFinalizers(
  client: Client,
  namespace: string,
): Promise<{ type: ResourceType; object: KubeObject }[]> {
  const lists = await Promise.all(
    makers.map(async ([type]) =>
      (await client.list<KubeObject>(type, { namespace })).items.map((object) => ({ type, object })),
    ),
  );
  return lists.flat().filter(({ object }) => (object.metadata.finalizers ?? []).length > 0);
}

/** The sign of life of a controller. */
async function renew(client: Client, controller: string, at: number): Promise<void> {
  const key = { namespace: "kube-system", name: `${controller}.example.com` };
  const spec = { holderIdentity: `${controller}-controller-0`, leaseDurationSeconds: 15, renewTime: rfc3339Micro(at) };
  const lease = await getIfExists(client, Lease, key);
  if (lease) await client.update(Lease, { ...lease, spec });
  else await client.create(Lease, { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: key, spec });
}

function word(prefix: string): string {
  return `${prefix}-${randomInt(36 ** 4, 36 ** 5).toString(36)}`;
}

if (import.meta.main) {
  const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? `${homedir()}/.drydock/kubeconfig`));
  const scene = await breakCluster(client, process.env.BUCKETS ?? "/tmp/lab-buckets");
  console.log(scene.namespace);
  const ending = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ending.abort());
  const backup = (name: string): void => console.error(`a backup of ${name} was made`);
  await runBackupController(client, scene, backup, ending.signal).catch((error: unknown) => {
    // The cluster may go first.
    if (!ending.signal.aborted) throw error;
  });
  await client.close();
}

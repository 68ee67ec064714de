import { createServer } from "node:http";
import type { CheckTools, Gateway, LabCheck, LabCluster, Running } from "@drydock/labs";
import { ConfigMap, controllerOf, getIfExists, Secret } from "@drydock/machinery";

const FINALIZER = "lab.drydock.dev/bucket";

/** The other side: it knows nothing of claims, and costs money by the hour. */
interface Cloud {
  url: string;
  /** Key of each bucket, by id. */
  buckets: Map<string, string>;
  requests: { method: string; id: string; at: number }[];
  /** Answers 503 while it is set. */
  refuses: boolean;
  /** Asked before anything is done. */
  before: ((method: string, id: string) => Promise<void> | void) | undefined;
}

interface Stage {
  cluster: LabCluster;
  gateway: Gateway;
  cloud: Cloud;
  program: Running;
}

let shared: Promise<Stage> | undefined;

function stage(t: CheckTools): Promise<Stage> {
  shared ??= (async () => {
    const [cluster, cloud] = await Promise.all([t.cluster({ without: ["scheduler"] }), startCloud(t)]);
    const gateway = await cluster.gateway();
    return { cluster, gateway, cloud, program: await start(t, gateway, cloud) };
  })();
  return shared;
}

function start(t: CheckTools, gateway: Gateway, cloud: Cloud): Promise<Running> {
  return t.start("buckets.ts", [], { env: { ...gateway.env, CLOUD: cloud.url } });
}

async function startCloud(t: CheckTools): Promise<Cloud> {
  const cloud: Cloud = { url: "", buckets: new Map(), requests: [], refuses: false, before: undefined };
  const server = createServer(async (request, response) => {
    const { method = "" } = request;
    const id = (request.url ?? "").replace(/^\/buckets\//, "");
    cloud.requests.push({ method, id, at: Date.now() });
    await cloud.before?.(method, id);
    const answer = (status: number, body?: unknown): unknown =>
      response.writeHead(status, { "content-type": "application/json" }).end(body ? JSON.stringify(body) : undefined);
    if (cloud.refuses) return answer(503, { error: "not now" });
    if (method === "PUT") {
      if (!cloud.buckets.has(id)) cloud.buckets.set(id, t.word());
      return answer(200, { key: cloud.buckets.get(id) });
    }
    return answer(cloud.buckets.delete(id) ? 204 : 404);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  cloud.url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  return cloud;
}

function createClaim(t: CheckTools, { cluster }: Stage, finalizers: string[] = []): Promise<ConfigMap> {
  return cluster.client.create(ConfigMap, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: t.word(), namespace: "default", labels: { claim: "bucket" }, finalizers },
  });
}

const secretOf = ({ cluster }: Stage, { metadata }: ConfigMap): Promise<Secret | undefined> =>
  getIfExists(cluster.client, Secret, { namespace: "default", name: `${metadata.name}-key` });

const stored = ({ cluster }: Stage, { metadata }: ConfigMap): Promise<ConfigMap | undefined> =>
  getIfExists(cluster.client, ConfigMap, metadata);

/** A claim whose Secret is there, and what the cloud has for it. */
async function madeClaim(
  t: CheckTools,
  on: Stage,
  finalizers?: string[],
): Promise<{ claim: ConfigMap; secret: Secret; id: string }> {
  const before = new Set(on.cloud.buckets.keys());
  const claim = await createClaim(t, on, finalizers);
  const secret = await t.until(() => secretOf(on, claim), on.cluster.patienceMs);
  const made = [...on.cloud.buckets.keys()].filter((id) => !before.has(id));
  const error = on.program.stderr.split("\n").find((line) => /error/i.test(line));
  const said = error ? `; your program said: ${error.trim().slice(0, 160)}` : "";
  if (made.length !== 1)
    throw t.wrong(`after a while the cloud has ${made.length} buckets for a claim, expected 1${said}`);
  if (secret === undefined)
    throw t.wrong(
      `after a while there is no Secret ${claim.metadata.name}-key, expected one${said}`,
      "with the key that the cloud has answered",
    );
  return { claim, secret, id: made[0] as string };
}

async function requireGone(t: CheckTools, on: Stage, claim: ConfigMap, id: string, when: string): Promise<void> {
  await t.until(
    async () => !on.cloud.buckets.has(id) && (await stored(on, claim)) === undefined,
    on.cluster.patienceMs,
  );
  if (on.cloud.buckets.has(id))
    throw t.wrong(
      `${when} the bucket is still in the cloud after a while, expected it to be deleted`,
      "a claim with a deletionTimestamp and your finalizer is work",
    );
  if (await stored(on, claim))
    throw t.wrong(
      `${when} the bucket is gone and the claim is still there after a while, expected your finalizer to be taken off`,
      "the server removes the object when its list of finalizers is empty",
    );
}

export const steps: LabCheck = {
  async made(t) {
    const on = await stage(t);
    const { claim, secret, id } = await madeClaim(t, on);
    const key = on.cloud.buckets.get(id) ?? "";
    if (atob(secret.data?.key ?? "") !== key)
      throw t.wrong(
        `the Secret's key is "${atob(secret.data?.key ?? "")}", expected "${key}": what the cloud answered`,
      );
    if (id === claim.metadata.name)
      throw t.wrong(
        `the bucket is called ${id} as its claim is, expected something that no later claim of that name has`,
        "metadata.uid",
      );
    const owner = controllerOf(secret);
    if (owner?.uid !== claim.metadata.uid)
      throw t.wrong(
        `the Secret has ${owner ? `the owner ${owner.kind} ${owner.name}` : "no owner reference with controller: true"}, expected the claim's uid ${claim.metadata.uid}`,
        "controllerReference of @drydock/machinery",
      );
  },

  async before(t) {
    const on = await stage(t);
    const withoutFinalizer: string[] = [];
    on.cloud.before = async (method, id) => {
      if (method !== "PUT") return;
      const { items } = await on.cluster.client.list(ConfigMap, {
        namespace: "default",
        labelSelector: "claim=bucket",
      });
      const claim = items.find(({ metadata }) => metadata.uid === id);
      if (!claim?.metadata.finalizers?.includes(FINALIZER)) withoutFinalizer.push(id);
    };
    await madeClaim(t, on);
    on.cloud.before = undefined;
    if (withoutFinalizer.length > 0)
      throw t.wrong(
        `when the cloud was asked for a bucket its claim had no finalizer, expected ${FINALIZER}`,
        "whoever deletes the claim right now leaves a bucket that nobody knows of",
      );
  },

  async deleted(t) {
    const on = await stage(t);
    const other = "example.com/other";
    const { claim, id } = await madeClaim(t, on, [other]);
    let early = false;
    on.cloud.before = async (method) => {
      if (method === "DELETE") early ||= !(await stored(on, claim))?.metadata.finalizers?.includes(FINALIZER);
    };
    await on.cluster.client.delete(ConfigMap, claim.metadata);
    await t.until(() => !on.cloud.buckets.has(id), on.cluster.patienceMs);
    if (on.cloud.buckets.has(id))
      throw t.wrong(
        "long after the claim was deleted its bucket is still in the cloud, expected it to be deleted",
        "metadata.deletionTimestamp",
      );
    if (early)
      throw t.wrong("the finalizer was taken off before the bucket was deleted, expected it the other way round");
    const after = await t.until(async () => {
      const now = await stored(on, claim);
      return now === undefined || !now.metadata.finalizers?.includes(FINALIZER) ? { now } : undefined;
    }, on.cluster.patienceMs);
    on.cloud.before = undefined;
    if (after === undefined)
      throw t.wrong(`the bucket is gone and the claim still has ${FINALIZER}, expected it to be taken off`);
    if (after.now === undefined)
      throw t.wrong(
        `the claim is gone although it had the finalizer ${other}, too, expected that one to be left to whoever set it`,
        "take your own name off the list, and write the rest back",
      );
    await on.cluster.client.patch(ConfigMap, claim.metadata, "merge", { metadata: { finalizers: null } });
    const collected = await t.until(async () => (await secretOf(on, claim)) === undefined, on.cluster.patienceMs);
    if (!collected)
      throw t.wrong(
        "long after its claim the Secret is still there, expected the garbage collector to take it",
        "it takes what names an owner that there is no more",
      );
  },

  async refused(t) {
    const on = await stage(t);
    const { claim, id } = await madeClaim(t, on);
    on.cloud.refuses = true;
    const from = on.cloud.requests.length;
    await on.cluster.client.delete(ConfigMap, claim.metadata);
    await t.until(() => on.cloud.requests.length >= from + 3, on.cluster.patienceMs);
    await t.until(() => false, 1000);
    const asked = on.cloud.requests.slice(from).filter(({ method }) => method === "DELETE");
    if ((await stored(on, claim)) === undefined)
      throw t.wrong(
        "the cloud answered 503, and the claim is gone while its bucket is not, expected it to wait",
        "an answer is not yet a success: look at its status",
      );
    if (asked.length < 3)
      throw t.wrong(
        `the cloud answered 503 and was asked ${asked.length} times, expected it to be asked again`,
        "a reconcile that throws is called again",
      );
    if (asked.length > 30)
      throw t.wrong(
        `the cloud answered 503 and was asked ${asked.length} times in little more than a second, expected longer and longer pauses`,
      );
    on.cloud.refuses = false;
    await requireGone(t, on, claim, id, "after the cloud works again");
  },

  async killed(t) {
    const on = await stage(t);
    // In the moment in which the bucket is made, and its maker never hears of it.
    const known = new Set(on.cloud.buckets.keys());
    on.cloud.before = (method) => {
      if (method === "PUT") on.program.kill("SIGKILL");
    };
    const claim = await createClaim(t, on);
    await on.program.ended;
    on.cloud.before = undefined;
    await t.until(() => on.cloud.buckets.size > known.size, on.cluster.patienceMs);
    const id = [...on.cloud.buckets.keys()].find((one) => !known.has(one)) ?? "";
    // It is not there when its claim is deleted.
    await on.cluster.client.delete(ConfigMap, claim.metadata);
    on.program = await start(t, on.gateway, on.cloud);
    await requireGone(t, on, claim, id, "killed after the bucket was made, the claim deleted, and started again,");
    // And in the moment in which the bucket goes.
    const second = await madeClaim(t, on);
    on.cloud.before = (method) => {
      if (method === "DELETE") on.program.kill("SIGKILL");
    };
    await on.cluster.client.delete(ConfigMap, second.claim.metadata);
    await on.program.ended;
    on.cloud.before = undefined;
    on.program = await start(t, on.gateway, on.cloud);
    await requireGone(t, on, second.claim, second.id, "killed after the bucket was deleted, and started again,");
  },
};

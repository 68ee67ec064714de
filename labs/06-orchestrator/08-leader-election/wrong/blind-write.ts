// fails at deposed: was accepted
/**
 * node elect.ts NAME      a candidate, until SIGTERM. The cluster is that of $KUBECONFIG.
 *
 * The lease is default/ledger, for 2 s. While it leads it adds 1 to data.count of the ConfigMap default/ledger about ten times a second and writes its name to
 * data.writer (values are text). Prints "leading" when it begins to, "stopped" when it does no more. A leader that could not renew for 1.2 s stops.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { ConfigMap, createClient, getIfExists, Lease, loadKubeconfig, rfc3339Micro } from "@drydock/machinery";

const DURATION_MS = 2000;
const DEADLINE_MS = 1200;
const RETRY_MS = 250;

const [name = "nobody"] = process.argv.slice(2);
const key = { namespace: "default", name: "ledger" };
const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? ""), { requestTimeoutMs: 1000 });

/** The lease as we saw it last, and since when by our own clock. */
let observed = { record: "", at: 0 };
/** When the last renewal that worked was begun. */
let renewedAt = Number.NEGATIVE_INFINITY;
/** How often the lease had changed hands when we got it: later leaders have a higher one. */
let term = 0;
let acting = false;
let ending = false;

function leads(): boolean {
  return !ending && performance.now() - renewedAt < DEADLINE_MS;
}

/** Takes the lease when it may be had, or renews it. */
async function hold(): Promise<boolean> {
  const lease = await getIfExists(client, Lease, key);
  const now = performance.now();
  const before = lease?.spec ?? {};
  const record = JSON.stringify(before);
  if (record !== observed.record) observed = { record, at: now };
  const { holderIdentity, leaseTransitions = 0 } = before;
  const isMine = holderIdentity === name;
  if (holderIdentity && !isMine && now < observed.at + DURATION_MS) return false;
  const time = rfc3339Micro(Date.now());
  const spec = {
    holderIdentity: name,
    leaseDurationSeconds: DURATION_MS / 1000,
    acquireTime: isMine ? (before.acquireTime ?? time) : time,
    renewTime: time,
    leaseTransitions: leaseTransitions + (isMine ? 0 : 1),
  };
  // With the resourceVersion that was read: of two who try, one is refused.
  if (lease) await client.update(Lease, { ...lease, spec });
  else await client.create(Lease, { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: key, spec });
  term = spec.leaseTransitions;
  return true;
}

async function addOne(): Promise<void> {
  const ledger = await getIfExists(client, ConfigMap, key);
  // Somebody who became leader after us has written.
  if (Number(ledger?.data?.term ?? 0) > term) return;
  const data = { count: String(Number(ledger?.data?.count ?? 0) + 1), writer: name, term: String(term) };
  // Asked after the reading: whoever writes in between makes our write fail.
  if (!leads()) return;
  if (ledger) await client.patch(ConfigMap, key, "merge", { data });
  else await client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata: key, data });
}

async function release(): Promise<void> {
  const lease = await getIfExists(client, Lease, key);
  if (lease?.spec?.holderIdentity !== name) return;
  await client.update(Lease, { ...lease, spec: { ...lease.spec, holderIdentity: "" } });
}

function look(): void {
  if (leads() === acting) return;
  acting = !acting;
  console.log(acting ? "leading" : "stopped");
}

async function elect(): Promise<void> {
  while (!ending) {
    const begun = performance.now();
    try {
      renewedAt = (await hold()) ? begun : Number.NEGATIVE_INFINITY;
    } catch {
      // Lost a race, or the server is not to be reached: the deadline decides whether we go on.
    }
    look();
    await sleep(RETRY_MS + 50 * Math.random());
  }
}

async function work(): Promise<void> {
  while (!ending) {
    if (leads()) await addOne().catch(() => {});
    await sleep(100);
  }
}

// A request that hangs must not keep us from noticing that our time is over.
setInterval(look, 50);
const running = Promise.all([elect(), work()]);
process.once("SIGTERM", async () => {
  ending = true;
  look();
  await running;
  await release();
  process.exit(0);
});

import type { CheckTools, Gateway, GatewayRequest, LabCheck, LabCluster, Running } from "@drydock/labs";
import { ConfigMap, Lease, startInformer } from "@drydock/machinery";

const DURATION_MS = 2000;
const ledgerPath = "/api/v1/namespaces/default/configmaps";

interface Candidate {
  name: string;
  gateway: Gateway;
  program: Running;
}

/** One write to the ledger, or one state of the lease, in the order in which etcd has them. */
interface Entry {
  by: string;
  count: number;
  at: number;
}

interface Stage {
  cluster: LabCluster;
  candidates: Candidate[];
  ledger: Entry[];
  lease: Entry[];
}

let shared: Promise<Stage> | undefined;

function stage(t: CheckTools): Promise<Stage> {
  shared ??= (async () => {
    const cluster = await t.cluster({ without: ["controllers", "scheduler"] });
    const on: Stage = { cluster, candidates: [], ledger: [], lease: [] };
    const scope = { namespace: "default", fieldSelector: "metadata.name=ledger" };
    const sawLedger = ({ data = {} }: ConfigMap): void => {
      on.ledger.push({ by: data.writer ?? "", count: Number(data.count), at: Date.now() });
    };
    const sawLease = ({ spec = {} }: Lease): void => {
      on.lease.push({ by: spec.holderIdentity ?? "", count: spec.leaseTransitions ?? 0, at: Date.now() });
    };
    const [ledger, lease] = [
      startInformer(cluster.client, ConfigMap, scope),
      startInformer(cluster.client, Lease, scope),
    ];
    ledger.addHandler({ added: sawLedger, updated: sawLedger });
    lease.addHandler({ added: sawLease, updated: sawLease });
    await Promise.all([ledger.synced(), lease.synced()]);
    await Promise.all([1, 2, 3].map(() => enter(t, on)));
    return on;
  })();
  return shared;
}

/** One more candidate. */
async function enter(t: CheckTools, on: Stage): Promise<void> {
  const name = t.word();
  const gateway = await on.cluster.gateway();
  on.candidates.push({ name, gateway, program: await t.start("elect.ts", [name], { env: gateway.env }) });
}

/** Who holds the lease and writes; one of those that take part. */
async function leader(t: CheckTools, on: Stage, not?: Candidate): Promise<Candidate> {
  const found = await t.until(() => {
    const holder = on.lease.at(-1)?.by;
    const candidate = on.candidates.find(({ name }) => name === holder && name !== not?.name);
    return candidate && on.ledger.at(-1)?.by === candidate.name ? candidate : undefined;
  }, on.cluster.patienceMs);
  if (found) return found;
  const holder = on.lease.at(-1)?.by;
  throw t.wrong(
    `after a while ${holder ? `${holder} holds` : "nobody holds"} the lease default/ledger, and ${on.ledger.at(-1)?.by ?? "nobody"} wrote last to the ConfigMap, expected one candidate${not ? " that is left" : ""} to do both${said(on)}`,
    "spec.holderIdentity of the lease is the candidate's name",
  );
}

function said({ candidates }: Stage): string {
  const line = candidates
    .map(({ program }) => program.stderr.split("\n").find((one) => /error/i.test(one)))
    .find(Boolean);
  return line ? `; a candidate said: ${line.trim().slice(0, 160)}` : "";
}

/** From one entry on each write adds one, and nobody writes again after another has. */
function requireOrder(t: CheckTools, { ledger }: Stage, from: number, when: string): void {
  const writers = new Set<string>();
  for (let n = Math.max(from, 1); n < ledger.length; n++) {
    const [before, now] = [ledger[n - 1], ledger[n]] as [Entry, Entry];
    if (now.by !== before.by) writers.add(before.by);
    if (writers.has(now.by))
      throw t.wrong(
        `${when} ${now.by} wrote again after ${before.by} had: the ledger went from ${before.count} to ${now.count}, expected a leader that was followed to write no more`,
        "ask again whether you lead, right before the write, and after the reading",
      );
    if (now.count !== before.count + 1)
      throw t.wrong(
        `${when} the ledger went from ${before.count} (${before.by}) to ${now.count} (${now.by}), expected ${before.count + 1}`,
        "an update with the resourceVersion that was read cannot lose another's write",
      );
  }
}

async function leave(on: Stage, candidate: Candidate): Promise<void> {
  candidate.program.kill("SIGKILL");
  await candidate.program.ended;
  on.candidates.splice(on.candidates.indexOf(candidate), 1);
}

export const steps: LabCheck = {
  async one(t) {
    const on = await stage(t);
    const first = await leader(t, on);
    const from = on.ledger.length - 1;
    await t.until(() => on.ledger.length > from + 15, on.cluster.patienceMs);
    const others = [...new Set(on.ledger.slice(from).map(({ by }) => by))].filter((by) => by !== first.name);
    if (others.length > 0)
      throw t.wrong(
        `while ${first.name} holds the lease ${others.join(" and ")} wrote to the ledger, too, expected the holder alone`,
        "a lease that is held is left alone until it has not changed for its duration",
      );
    if (on.ledger.length < from + 15)
      throw t.wrong(`in seconds the ledger grew by ${on.ledger.length - from}, expected about ten a second`);
    requireOrder(t, on, from, "with three candidates");
    const leading = on.candidates.filter(({ program }) => /leading\s*$/.test(program.stdout)).map(({ name }) => name);
    if (leading.join() !== first.name)
      throw t.wrong(`${leading.join(", ") || "nobody"} said "leading", expected ${first.name} alone`);
  },

  async released(t) {
    const on = await stage(t);
    const old = await leader(t, on);
    const from = on.ledger.length;
    const seen = on.lease.length;
    old.program.kill("SIGTERM");
    let ended = false;
    void old.program.ended.then(() => {
      ended = true;
    });
    await t.until(() => ended, on.cluster.patienceMs);
    if (!ended) throw t.wrong("long after SIGTERM the leader still runs, expected it to end");
    on.candidates.splice(on.candidates.indexOf(old), 1);
    await leader(t, on, old);
    if (!on.lease.slice(seen).some(({ by }) => by === ""))
      throw t.wrong(
        `${old.name} was asked to end and left its name in the lease, expected holderIdentity ""`,
        "others wait for nothing: the one who goes knows that it goes",
      );
    requireOrder(t, on, from, "after the leader ended");
    await enter(t, on);
  },

  async killed(t) {
    const on = await stage(t);
    const old = await leader(t, on);
    const from = on.ledger.length;
    await leave(on, old);
    const last = on.lease.length - 1;
    await leader(t, on, old);
    const held = on.lease.slice(last).findLast(({ by }) => by === old.name) ?? on.lease[last];
    const taken = on.lease.slice(last).find(({ by }) => by !== old.name);
    const after = (taken?.at ?? 0) - (held?.at ?? 0);
    if (after < DURATION_MS - 400)
      throw t.wrong(
        `after ${(after / 1000).toFixed(1)} s without a renewal the lease was taken, expected its ${DURATION_MS / 1000} s to pass`,
        "count from when you saw the record change, by your own clock",
      );
    requireOrder(t, on, from, "after the leader was killed");
    await enter(t, on);
  },

  async cut(t) {
    const on = await stage(t);
    const old = await leader(t, on);
    const from = on.ledger.length;
    const seen = on.lease.length;
    old.gateway.block();
    await t.until(() => on.lease.slice(seen).some(({ by }) => by !== old.name), on.cluster.patienceMs);
    // What it has printed may still be in the pipe.
    await t.until(() => /stopped\s*$/.test(old.program.stdout), 300);
    const stopped = /stopped\s*$/.test(old.program.stdout);
    const next = await leader(t, on, old);
    old.gateway.unblock();
    if (!stopped)
      throw t.wrong(
        `cut off from the API server, ${old.name} still leads when ${next.name} begins, expected it to say "stopped" 1.2 s after its last renewal`,
        "a request that hangs must not keep you from looking at the clock",
      );
    await t.until(() => on.ledger.length > from + 20, on.cluster.patienceMs);
    requireOrder(t, on, from, "after the leader was cut off and came back");
  },

  async frozen(t) {
    const on = await stage(t);
    const old = await leader(t, on);
    const from = on.ledger.length;
    old.program.kill("SIGSTOP");
    const next = await leader(t, on, old);
    const count = on.ledger.length;
    old.program.kill("SIGCONT");
    await t.until(() => on.ledger.length > count + 10, on.cluster.patienceMs);
    requireOrder(t, on, from, `${old.name} was frozen, ${next.name} followed, and then`);
    if (!(await t.until(() => /stopped\s*$/.test(old.program.stdout), 3000)))
      throw t.wrong(`${old.name} was frozen while another became leader, woke up, and did not say "stopped"`);
  },

  async deposed(t) {
    const on = await stage(t);
    const old = await leader(t, on);
    const from = on.ledger.length;
    const gate = Promise.withResolvers<void>();
    let held: GatewayRequest | undefined;
    // The network holds one write of the leader back, and everything that it sends after that.
    old.gateway.before = (request) => {
      const isWrite = request.method !== "GET" && request.path.startsWith(ledgerPath);
      if (held === undefined && !isWrite) return undefined;
      held ??= request;
      return gate.promise;
    };
    const next = await leader(t, on, old);
    await t.until(() => on.ledger.at(-1)?.by === next.name, on.cluster.patienceMs);
    old.gateway.before = undefined;
    gate.resolve();
    const late = held as GatewayRequest | undefined;
    await t.until(() => late?.status !== 0, on.cluster.patienceMs);
    await t.until(() => false, 300);
    if (late === undefined || late.status < 400)
      throw t.wrong(
        `a write that ${old.name} had sent while it led came to the server after ${next.name} had written, and was accepted (${late?.status ?? "none was sent"}), expected 409`,
        "the server can only refuse what says on which state it was based: update with the resourceVersion",
      );
    requireOrder(t, on, from, "after a late write");
  },
};

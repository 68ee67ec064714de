import t from "tap";
import { createClient } from "../client/create-client.ts";
import type { Lease } from "../kinds/lease.ts";
import { type ObjectServer, objectServer } from "../test-support/object-server.ts";
import { type LeaderElectionOptions, startLeaderElection } from "./leader-election.ts";
import { holdRecord, mayTake, type Observed, observe, releaseRecord } from "./lease-record.ts";

const lease = { namespace: "kube-system", name: "test" };
const path = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/test";
// A lease says its duration in whole seconds.
const quick = { leaseDurationMs: 1000, renewDeadlineMs: 600, retryPeriodMs: 50 };

t.test("the record: who may take it is decided by one's own clock", async (t) => {
  const first = holdRecord(undefined, "a", 0, 15_000);
  t.match(first, {
    holderIdentity: "a",
    leaseDurationSeconds: 15,
    leaseTransitions: 0,
    acquireTime: "1970-01-01T00:00:00.000000Z",
  });
  const renewed = holdRecord(first, "a", 2000, 15_000);
  t.match(renewed, { leaseTransitions: 0, acquireTime: first.acquireTime, renewTime: "1970-01-01T00:00:02.000000Z" });
  let seen: Observed = observe(undefined, renewed, 1_000_000);
  seen = observe(seen, structuredClone(renewed), 1_010_000);
  t.equal(seen.at, 1_000_000, "an unchanged record is as old as when it was first seen");
  t.notOk(mayTake(seen, "b", 1_015_000, 15_000));
  t.ok(mayTake(seen, "b", 1_015_001, 15_000));
  t.ok(mayTake(seen, "a", 1_000_000, 15_000), "its own");
  const taken = holdRecord(renewed, "b", 20_000, 15_000);
  t.match(taken, { holderIdentity: "b", leaseTransitions: 1 });
  t.ok(mayTake(observe(seen, releaseRecord(taken, 21_000), 0), "c", 0, 15_000), "released");
});

interface Candidate {
  id: string;
  election: ReturnType<typeof startLeaderElection>;
  server: ObjectServer;
}

/** Candidates on servers of their own that share one store: a server that is down cuts one candidate off. */
async function setUp(
  test: Pick<typeof t, "teardown">,
  ids: string[],
  { lead, times = quick }: Partial<Pick<LeaderElectionOptions, "lead" | "times">> = {},
) {
  const leading = new Set<string>();
  const history: string[] = [];
  const candidates: Candidate[] = [];
  const servers: ObjectServer[] = [];
  for (const id of ids) {
    const server = await objectServer(servers[0]?.store);
    servers.push(server);
    const client = createClient(server.config);
    const election = startLeaderElection({
      client,
      lease,
      identity: id,
      times,
      lead: async (signal) => {
        if (leading.size > 0) history.push(`${id} beside ${[...leading]}`);
        leading.add(id);
        history.push(`+${id}`);
        if (lead) await lead(signal);
        else await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
        leading.delete(id);
        history.push(`-${id}`);
      },
    });
    candidates.push({ id, election, server });
    test.teardown(async () => {
      await election.stop();
      await client.close();
      await server.close();
    });
  }
  const leader = (): Candidate | undefined => candidates.find(({ election }) => election.isLeader());
  return { candidates, leading, history, leader, record: () => servers[0]?.objects.get(path) as Lease | undefined };
}

async function eventually(holds: () => boolean): Promise<void> {
  const end = Date.now() + 5000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`did not come true: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

t.test("one leads; when it stops in good order the next follows at once", async (t) => {
  const { leader, history, record, candidates } = await setUp(t, ["a", "b", "c"], {
    times: { leaseDurationMs: 60_000, renewDeadlineMs: 40_000, retryPeriodMs: 50 },
  });
  await eventually(() => leader() !== undefined);
  const first = leader();
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.equal(history.length, 1);
  await eventually(() => candidates.every(({ election }) => election.leader() === first?.id));
  await first?.election.stop();
  t.equal(record()?.spec?.holderIdentity === first?.id, false);
  // Long before the lease would run out.
  await eventually(() => leader() !== undefined && leader() !== first);
  t.notMatch(history.join("\n"), /beside/);
});

t.test("a leader that is cut off gives up before another takes over", async (t) => {
  const { leader, history } = await setUp(t, ["a", "b"]);
  await eventually(() => leader() !== undefined);
  const first = leader();
  if (first) first.server.down = true;
  await eventually(() => leader() !== undefined && leader() !== first);
  t.same(history.slice(0, 2), [`+${first?.id}`, `-${first?.id}`]);
  t.notMatch(history.join("\n"), /beside/);
  if (first) first.server.down = false;
  await new Promise((resolve) => setTimeout(resolve, 200));
  t.notOk(first?.election.isLeader(), "it is a candidate again, and waits");
});

t.test("a leader whose lease was taken from it stops", async (t) => {
  const { leader, record, candidates } = await setUp(t, ["a"]);
  await eventually(() => leader() !== undefined);
  const stolen = structuredClone(record()) as Lease;
  stolen.spec = { ...holdRecord(stolen.spec, "thief", Date.now(), 1000) };
  stolen.metadata.resourceVersion = "stolen";
  candidates[0]?.server.objects.set(path, stolen);
  await eventually(() => leader() === undefined);
  t.equal(candidates[0]?.election.leader(), "thief");
  await eventually(() => leader() !== undefined);
  t.equal(record()?.spec?.leaseTransitions, 2);
});

t.test("work that ends or fails gives the lease back", async (t) => {
  let runs = 0;
  const { record } = await setUp(t, ["a"], {
    lead: async () => {
      runs += 1;
      if (runs === 1) throw new Error("a bug");
    },
  });
  await eventually(() => runs >= 2);
  await eventually(() => record()?.spec?.holderIdentity === "");
});

import type { CheckTools, EtcdCluster, EtcdProxy, LabCheck, Running } from "@drydock/labs";

const WRITERS = 2;

let cluster: EtcdCluster | undefined;
async function etcdOf(t: CheckTools): Promise<EtcdCluster> {
  cluster ??= await t.etcd(3);
  return cluster;
}

interface Adding {
  key: string;
  /** The number in etcd now. */
  number(): Promise<number>;
  /** Waits until the number is this at least, or all writers have ended. */
  reaches(number: number): Promise<boolean>;
  isOver(): boolean;
  /** Waits for the writers' end, and looks whether every addition is there once. */
  expectAll(when: string, hint: string): Promise<void>;
}

/** Some writers that add to one key, each `count` times. */
async function adding(t: CheckTools, endpoints: string, count: number): Promise<Adding> {
  const etcd = await etcdOf(t);
  const key = `counters/${t.word()}`;
  const names = Array.from({ length: WRITERS }, () => t.word());
  const writers: Running[] = [];
  let over = 0;
  for (const name of names) {
    const writer = await t.start("client.ts", ["add", key, String(count), name], { env: { ENDPOINTS: endpoints } });
    writers.push(writer);
    void writer.ended.then(() => {
      over += 1;
    });
  }
  const number = async (): Promise<number> => {
    const text = (await etcd.get(key))?.value;
    if (text === undefined) return 0;
    try {
      return Number((JSON.parse(text) as { n?: unknown }).n);
    } catch {
      throw t.wrong(`${key} is ${text.slice(0, 80)}, expected JSON with a field "n"`);
    }
  };
  const isOver = (): boolean => over === WRITERS;
  const said = (writer: Running): number => (writer.stdout.match(/^\{"done":\d+\}$/gm) ?? []).length;
  return {
    key,
    number,
    isOver,
    async reaches(wanted) {
      await t.until(async () => isOver() || (await number()) >= wanted, 30_000);
      return !isOver();
    },
    async expectAll(when, hint) {
      await t.until(isOver, 40_000);
      for (const [at, writer] of writers.entries()) {
        const ended = await Promise.race([writer.ended, t.until(() => undefined, 100)]);
        if (!ended)
          throw t.wrong(
            `${when} writer ${at + 1} has not ended 40 s later: ${said(writer)} of ${count} additions are done, the number is ${await number()}`,
            "a call without a deadline may wait for ever",
          );
        if (ended.code !== 0)
          throw t.wrong(
            `${when} writer ${at + 1} ended with ${ended.code ?? ended.signal}, expected 0: ${ended.stderr.trim().split("\n").slice(-4).join(" ").slice(0, 250)}`,
            hint,
          );
        if (said(writer) !== count)
          throw t.wrong(`${when} writer ${at + 1} printed ${said(writer)} lines {"done":K}, expected ${count}`);
      }
      const [seen, expected] = [await number(), WRITERS * count];
      if (seen !== expected)
        throw t.wrong(
          `${when} the number is ${seen}, expected ${expected}: ${seen > expected ? "there is an addition which was made twice" : "additions that were called done are not there"}`,
          hint,
        );
    },
  };
}

async function proxies(t: CheckTools): Promise<{ all: EtcdProxy[]; endpoints: string; cut(): void }> {
  const etcd = await etcdOf(t);
  const all = await Promise.all(etcd.members.map((member) => etcd.proxy(member)));
  return {
    all,
    endpoints: all.map(({ endpoint }) => endpoint).join(","),
    cut() {
      for (const proxy of all) proxy.cut();
    },
  };
}

function normal(line: string): string {
  try {
    const { revision, key } = JSON.parse(line) as { revision?: unknown; key?: unknown };
    return JSON.stringify({ revision, key });
  } catch {
    return line;
  }
}

/** Compares what a follower printed with etcd's own history, once it has printed the last. */
async function expectFollowed(
  t: CheckTools,
  child: Running,
  prefix: string,
  from: number,
  last: number,
): Promise<void> {
  const lines = (): string[] => child.stdout.split("\n").slice(0, -1).map(normal);
  const expected = (await (await etcdOf(t)).history(prefix, from, last)).map(({ revision, key }) =>
    JSON.stringify({ revision, key }),
  );
  await t.until(() => lines().length >= expected.length, 15_000);
  const seen = lines();
  const at = expected.findIndex((line, n) => seen[n] !== line);
  if (at < 0 && seen.length === expected.length) return;
  const first = Math.max(at, 0);
  const before = seen.slice(0, first).includes(seen[first] ?? "");
  const ended = await Promise.race([child.ended, t.until(() => undefined, 50)]);
  throw t.wrong(
    ended
      ? `the follower ended with ${ended.code ?? ended.signal} after ${seen.length} of ${expected.length} changes, expected it to go on: ${ended.stderr.trim().split("\n").slice(-4).join(" ").slice(0, 200)}`
      : `change ${first + 1} of ${expected.length}, ${expected[first] ?? "none"}, is ${before ? "behind one that came twice" : "missing"}: the line there is ${seen[first] ?? "not there"} (${seen.length} lines)`,
    "from which revision does the next watch begin, after a break?",
  );
}

export const steps: LabCheck = {
  async counts(t) {
    const etcd = await etcdOf(t);
    const all = await adding(t, etcd.endpoints, t.number(40, 60));
    await all.expectAll("with two writers", "between your read and your write is room for another's write");
  },

  async unknown(t) {
    const { all: ways, endpoints, cut } = await proxies(t);
    const all = await adding(t, endpoints, t.number(80, 100));
    for (let next = 10; await all.reaches(next); next = (await all.number()) + 12) {
      // What is asked from now on gets through, the answers do not.
      for (const way of ways) way.loseAnswers = true;
      await t.until(() => false, 60);
      cut();
      for (const way of ways) way.loseAnswers = false;
    }
    await all.expectAll(
      "with answers that got lost",
      "a write without an answer may have taken effect. Whose write is it that you find there?",
    );
  },

  async killed(t) {
    const etcd = await etcdOf(t);
    const all = await adding(t, etcd.endpoints, t.number(90, 110));
    for (const at of [30, 110]) {
      if (!(await all.reaches(at))) break;
      const leader = await etcd.leader();
      await leader.kill();
      await all.reaches(at + 30);
      await leader.start();
    }
    await all.expectAll(
      "with two leaders killed",
      "an election takes a second or two; what do your calls do meanwhile?",
    );
  },

  async "catches-up"(t) {
    const etcd = await etcdOf(t);
    const { all: ways, endpoints } = await proxies(t);
    const prefix = `c${t.word()}/`;
    const filler = "x".repeat(600);
    let from = 0;
    let last = 0;
    for (let n = 0; n < 125; n++) {
      const revisions = await Promise.all(Array.from({ length: 16 }, (_, k) => etcd.put(`${prefix}${k}`, filler)));
      from ||= Math.min(...revisions);
      last = Math.max(...revisions);
    }
    // etcd sends a thousand revisions at a time to who is behind: the first cut is in the first thousand, the second behind it.
    let limit = 200_000;
    for (const way of ways) way.cutAfter = limit;
    const child = await t.start("client.ts", ["follow", prefix, String(from)], { env: { ENDPOINTS: endpoints } });
    await t.until(() => ways.some(({ cutAfter }) => cutAfter > limit), 20_000);
    limit = 1_000_000;
    for (const way of ways) way.cutAfter = limit;
    await t.until(() => ways.some(({ cutAfter }) => cutAfter > limit), 3000);
    for (const way of ways) way.cutAfter = Number.POSITIVE_INFINITY;
    await expectFollowed(t, child, prefix, from, last);
    child.kill("SIGKILL");
  },

  async follows(t) {
    const etcd = await etcdOf(t);
    const { endpoints, cut } = await proxies(t);
    const prefix = `f${t.word()}/`;
    const from = await etcd.put(`${prefix}0`, "0");
    const child = await t.start("client.ts", ["follow", prefix, String(from)], { env: { ENDPOINTS: endpoints } });
    await t.until(() => child.stdout.includes("\n"), 20_000);
    let last = from;
    for (let n = 1; n <= 300; n++) {
      last =
        n % 9 === 0 ? await etcd.delete(`${prefix}${(n - 1) % 5}`) : await etcd.put(`${prefix}${n % 5}`, String(n));
      if (n % 50 === 0) cut();
      if (n === 160) await (await etcd.leader()).kill();
    }
    await expectFollowed(t, child, prefix, from, last);
    child.kill("SIGKILL");
  },
};

import type { CheckTools, EtcdChange, EtcdCluster, LabCheck, Running } from "@drydock/labs";

const BATCH = 3;

interface Status {
  version?: string;
  state?: string;
  good?: string;
}

/** Plays all instances, and sees what they are assigned. */
class Fleet {
  readonly t: CheckTools;
  readonly etcd: EtcdCluster;
  readonly names = new Set<string>();
  /** What each is assigned now. */
  readonly assigned = new Map<string, string>();
  /** Who was ever assigned what. */
  readonly ever = new Map<string, Set<string>>();
  /** Instances say nothing while this is set. */
  silent = false;
  /** A version that the fourth to get it cannot run. */
  broken: string | undefined;
  #child: Running | undefined;
  #stop: () => void = () => {};
  #from = 0;

  constructor(t: CheckTools, etcd: EtcdCluster) {
    this.t = t;
    this.etcd = etcd;
  }

  async begin(count: number): Promise<void> {
    this.#from = (await this.etcd.list("instances/")).revision + 1;
    for (let n = 0; n < count; n++) await this.join();
    this.#stop = this.etcd.watch("assigned/", this.#from, (change) => this.#onAssigned(change));
    await this.start();
  }

  async end(): Promise<void> {
    await this.kill();
    this.#stop();
    for (const prefix of ["instances/", "assigned/", "ack/", "config/"])
      for (const { key } of (await this.etcd.list(prefix)).items) await this.etcd.delete(key);
  }

  async join(): Promise<string> {
    const name = this.t.word();
    this.names.add(name);
    await this.etcd.put(`instances/${name}`, "here");
    return name;
  }

  async leave(name: string): Promise<void> {
    this.names.delete(name);
    await this.etcd.delete(`instances/${name}`);
  }

  async start(): Promise<void> {
    const env = { ENDPOINT: this.etcd.endpoints, BATCH: String(BATCH) };
    this.#child = await this.t.start("rollout.ts", [], { env });
  }

  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#child?.ended;
  }

  async desire(): Promise<string> {
    const version = this.t.word();
    await this.etcd.put("config/desired", version);
    return version;
  }

  async acknowledge(name: string, ok = true): Promise<void> {
    const version = this.assigned.get(name);
    await this.etcd.put(`ack/${name}`, JSON.stringify({ version, ok }));
  }

  having(version: string): string[] {
    return [...this.names].filter((name) => this.assigned.get(name) === version);
  }

  #onAssigned({ type, key, value }: EtcdChange): void {
    const name = key.slice("assigned/".length);
    if (type === "delete") {
      this.assigned.delete(name);
      return;
    }
    this.assigned.set(name, value);
    const got = this.ever.get(value) ?? new Set();
    this.ever.set(value, got.add(name));
    if (!this.silent && this.names.has(name)) void this.acknowledge(name, value !== this.broken || got.size !== 4);
  }

  async status(): Promise<Status> {
    const text = (await this.etcd.get("config/status"))?.value;
    try {
      return JSON.parse(text ?? "{}") as Status;
    } catch {
      throw this.t.wrong(`config/status is ${text}, expected JSON`);
    }
  }

  /** Waits until everybody has this version, and the status says so. */
  async expect(when: string, version: string, state: string, of: Required<Status>, hint?: string): Promise<void> {
    let seen: Status = {};
    const reached = await this.t.until(async () => {
      seen = await this.status();
      const same = seen.state === of.state && seen.version === of.version && seen.good === of.good;
      return same && this.having(version).length === this.names.size && this.assigned.size === this.names.size;
    }, 15_000);
    if (reached) return;
    const ended = this.#child && (await Promise.race([this.#child.ended, this.t.until(() => undefined, 50)]));
    const end = ended ? `; rollout.ts ended with ${ended.code}: ${ended.stderr.trim().slice(-120)}` : "";
    throw this.t.wrong(
      `${when} ${this.having(version).length} of ${this.names.size} instances are assigned ${version} (${this.assigned.size} keys in all) and the status is ${JSON.stringify(seen)}, expected "${state}" and ${JSON.stringify(of)}${end}`,
      hint,
    );
  }

  /** Looks at every revision: how many were on the way to this version? */
  async expectBatches(when: string, version: string, from: number, hint: string): Promise<void> {
    const { revision } = await this.etcd.list("config/");
    const changes = await this.etcd.history("", from, revision);
    const onTheWay = new Set<string>();
    for (const [at, { type, key, value, revision: now }] of changes.entries()) {
      const [kind, name = ""] = key.split("/");
      if (kind === "assigned" && type === "put" && value === version) onTheWay.add(name);
      else if (kind === "assigned" || kind === "instances") {
        if (type === "delete" || kind === "assigned") onTheWay.delete(name);
      } else if (kind === "ack" && type === "put" && (JSON.parse(value) as Status).version === version)
        onTheWay.delete(name);
      if (changes[at + 1]?.revision !== now && onTheWay.size > BATCH)
        throw this.t.wrong(
          `${when} ${onTheWay.size} instances were on the way at the same time, at revision ${now}; expected at most ${BATCH}`,
          hint,
        );
    }
  }
}

let cluster: EtcdCluster | undefined;
async function fleet(t: CheckTools, count: number, run: (fleet: Fleet) => Promise<void>): Promise<void> {
  cluster ??= await t.etcd();
  const stage = new Fleet(t, cluster);
  await stage.begin(count);
  await run(stage);
  await stage.end();
}

const HINT_BATCH = "who has the version and has not said ok is on the way, however often you look";

/** A first version that everybody runs. */
async function first(stage: Fleet): Promise<string> {
  const version = await stage.desire();
  await stage.expect("after a first version", version, "done", { version, state: "done", good: version });
  return version;
}

export const steps: LabCheck = {
  spread: (t) =>
    fleet(t, 5, async (stage) => {
      await first(stage);
      const version = await stage.desire();
      await stage.expect("after a second version", version, "done", { version, state: "done", good: version });
      await stage.join();
      await stage.expect("after a new instance", version, "done", { version, state: "done", good: version });
    }),

  batches: (t) =>
    fleet(t, 8, async (stage) => {
      await first(stage);
      stage.silent = true;
      const from = (await stage.etcd.list("config/")).revision + 1;
      const version = await stage.desire();
      for (let said = 0; said < 8; said++) {
        const waiting = await t.until(
          () => stage.having(version).length >= Math.min(said + BATCH, 8) && stage.having(version),
          10_000,
        );
        if (!waiting)
          throw t.wrong(
            `when ${said} of 8 instances have said ok ${stage.having(version).length} are assigned the version, expected ${Math.min(said + BATCH, 8)}`,
            "an instance that says ok makes room for the next",
          );
        // The one that has waited for longest is the last to speak, but for the first time.
        await stage.acknowledge([...(stage.ever.get(version) ?? [])][said] as string);
      }
      await stage.expect("after all have said ok", version, "done", { version, state: "done", good: version });
      await stage.expectBatches("with 8 instances", version, from, HINT_BATCH);
    }),

  back: (t) =>
    fleet(t, 8, async (stage) => {
      const good = await first(stage);
      stage.broken = t.word();
      await stage.etcd.put("config/desired", stage.broken);
      await stage.expect(
        "after a version that the fourth instance cannot run",
        good,
        "rolled-back",
        { version: stage.broken, state: "rolled-back", good },
        'an acknowledgement may say "ok": false',
      );
      const got = stage.ever.get(stage.broken)?.size ?? 0;
      if (got > 3 + BATCH)
        throw t.wrong(
          `${got} of 8 instances were assigned a version that the fourth could not run, expected 6 at most`,
        );
      const version = await stage.desire();
      await stage.expect("after the next version", version, "done", { version, state: "done", good: version });
    }),

  stale: (t) =>
    fleet(t, 8, async (stage) => {
      const old = await first(stage);
      stage.silent = true;
      const version = await stage.desire();
      await t.until(() => stage.having(version).length >= BATCH, 10_000);
      const waiting = stage.having(version);
      // They have said ok to the old version once, and never anything since.
      await stage.etcd.put("config/desired", old);
      if (!(await t.until(() => stage.having(old).length === 8, 10_000)))
        throw t.wrong(`the first version again: ${stage.having(old).length} of 8 are assigned it, expected 8`);
      // When it has noticed two departures, one after the other, it has also seen what it wrote before them.
      for (const name of stage
        .having(old)
        .filter((one) => !waiting.includes(one))
        .slice(0, 2)) {
        await stage.leave(name);
        if (!(await t.until(() => !stage.assigned.has(name), 10_000)))
          throw t.wrong(`${name} has left and assigned/${name} is still there, expected none`);
      }
      const status = await stage.status();
      if (status.state !== "rolling" || status.version !== old)
        throw t.wrong(
          `${waiting.length} instances were sent on and back to the first version and have said nothing since, and the status is ${JSON.stringify(status)}, expected "rolling" until they have`,
          "whose acknowledgements are those below ack/, and of when?",
        );
      stage.silent = false;
      for (const name of waiting) await stage.acknowledge(name);
      await stage.expect("when they have said ok", old, "done", { version: old, state: "done", good: old });
    }),

  restart: (t) =>
    fleet(t, 8, async (stage) => {
      const good = await first(stage);
      stage.silent = true;
      const version = await stage.desire();
      await t.until(() => stage.having(version).length >= BATCH, 10_000);
      const early = stage.having(version);
      await stage.kill();
      const before = new Map(
        (await stage.etcd.list("assigned/")).items.map(({ key, modRevision }) => [key, modRevision]),
      );
      for (const name of early.slice(1)) await stage.acknowledge(name);
      // One that was on the way is gone for ever, and one has come.
      await stage.leave(early[0] as string);
      await stage.join();
      stage.silent = false;
      await stage.start();
      await stage.expect("after kill -9 in the middle and a new start", version, "done", {
        version,
        state: "done",
        good: version,
      });
      for (const { key, modRevision } of (await stage.etcd.list("assigned/")).items) {
        if (early.includes(key.slice("assigned/".length)) && before.get(key) !== modRevision)
          throw t.wrong(
            `${key}, which had the new version before the kill, was written again by the new start, expected it as it was`,
          );
      }
      await stage.kill();
      stage.broken = t.word();
      await stage.etcd.put("config/desired", stage.broken);
      await stage.start();
      await stage.expect(
        `after another start with a version that is broken (${good}, then ${version} were done before)`,
        version,
        "rolled-back",
        { version: stage.broken, state: "rolled-back", good: version },
        "what does a new process know of the last good version?",
      );
    }),
};

import type { CheckTools, EtcdCluster, EtcdKey, LabCheck, Running } from "@drydock/labs";

const ROOM = 12;

interface World {
  /** NAME: its ports, as status/NAME says. */
  status: Map<string, { ports: number[]; desired: number; revision: number }>;
  /** PORT: NAME. */
  ports: Map<number, string>;
}

/** One step's cluster, range of ports and controllers: the next step finds nothing of it. */
class Scene {
  readonly t: CheckTools;
  readonly etcd: EtcdCluster;
  readonly first: number;
  readonly desired = new Map<string, number>();
  readonly #children: Running[] = [];

  constructor(t: CheckTools, etcd: EtcdCluster) {
    this.t = t;
    this.etcd = etcd;
    this.first = t.number(30_000, 32_000);
  }

  async start(endpoint = this.etcd.endpoints): Promise<void> {
    const env = { ENDPOINT: endpoint, FIRST: String(this.first), LAST: String(this.first + ROOM - 1) };
    this.#children.push(await this.t.start("controller.ts", [], { env }));
  }

  async kill(): Promise<void> {
    for (const child of this.#children.splice(0)) {
      child.kill("SIGKILL");
      await child.ended;
    }
  }

  async end(): Promise<void> {
    await this.kill();
    for (const prefix of ["desired/", "ports/", "status/"]) {
      for (const { key } of (await this.etcd.list(prefix)).items) await this.etcd.delete(key);
    }
  }

  async desire(name: string, count: number): Promise<void> {
    this.desired.set(name, count);
    await this.etcd.put(`desired/${name}`, String(count));
  }

  async drop(name: string): Promise<void> {
    this.desired.delete(name);
    await this.etcd.delete(`desired/${name}`);
  }

  async look(): Promise<World> {
    const { revision, items } = await this.etcd.list("ports/");
    return worldOf(this.t, items, (await this.etcd.list("status/", revision)).items);
  }

  /** Waits until everybody has so many ports (as many as desired, unless stated), and says what is wrong when it does not happen. */
  async settle(when: string, counts: ReadonlyMap<string, number> = this.desired, hint?: string): Promise<World> {
    let problem = "";
    const settled = await this.t.until(async () => {
      const world = await this.look();
      problem = this.#problemOf(world, counts) ?? "";
      return problem === "" && world;
    }, 10_000);
    if (settled) return settled;
    const last = this.#children.at(-1);
    const ended = last && (await Promise.race([last.ended, this.t.until(() => undefined, 50)]));
    const end = ended ? `; the controller ended with ${ended.code}: ${ended.stderr.trim().slice(-120)}` : "";
    throw this.t.wrong(`${when} ${problem}${end}`, hint);
  }

  #problemOf({ status, ports }: World, counts: ReadonlyMap<string, number>): string | undefined {
    for (const [name, count] of counts) {
      const found = status.get(name);
      const desired = this.desired.get(name) ?? 0;
      if (!found) return `status/${name} is not there, expected ${count} ports`;
      if (found.ports.length !== count || found.desired !== desired)
        return `status/${name} has the ports [${found.ports}] and "desired": ${found.desired}, expected ${count} and ${desired}`;
      const alien = found.ports.find((port) => port < this.first || port >= this.first + ROOM);
      if (alien !== undefined)
        return `status/${name} has port ${alien}, expected ${this.first} to ${this.first + ROOM - 1}`;
    }
    for (const name of status.keys())
      if (!counts.has(name)) return `status/${name} is there, expected none: nobody desires it`;
    return tornOf({ status, ports });
  }
}

function worldOf(t: CheckTools, ports: readonly EtcdKey[], status: readonly EtcdKey[]): World {
  return {
    ports: new Map(ports.map(({ key, value }) => [Number(key.slice("ports/".length)), value])),
    status: new Map(
      status.map(({ key, value, modRevision }) => [
        key.slice("status/".length),
        { ...parse(t, key, value), revision: modRevision },
      ]),
    ),
  };
}

function parse(t: CheckTools, key: string, text: string): { ports: number[]; desired: number } {
  try {
    const { ports, desired } = JSON.parse(text) as { ports: unknown; desired: unknown };
    if (Array.isArray(ports) && typeof desired === "number") return { ports: ports.map(Number), desired };
  } catch {
    // Said below.
  }
  throw t.wrong(`${key} is ${text.slice(0, 100)}, expected {"ports": […], "desired": N}`);
}

/** What ports/ and status/ do not agree on. */
function tornOf({ status, ports }: World): string | undefined {
  for (const [name, { ports: said }] of status) {
    const given = [...ports].filter(([, owner]) => owner === name).map(([port]) => port);
    const [a, b] = [[...said].sort().join(), given.sort().join()];
    if (a !== b) return `status/${name} says [${a}] and the keys below ports/ give it [${b}], expected the same`;
  }
  for (const [port, name] of ports)
    if (!status.has(name)) return `ports/${port} belongs to ${name}, which has no status, expected none of the two`;
  return undefined;
}

let cluster: EtcdCluster | undefined;
async function scene(t: CheckTools, run: (scene: Scene) => Promise<void>): Promise<void> {
  cluster ??= await t.etcd();
  const stage = new Scene(t, cluster);
  await run(stage);
  await stage.end();
}

export const steps: LabCheck = {
  gives: (t) =>
    scene(t, async (stage) => {
      const [a, b] = [t.word(), t.word()];
      await stage.desire(a, t.number(1, 4));
      await stage.start();
      await stage.settle(
        "with a desire that was there before the controller",
        stage.desired,
        "who tells you of what was there before you listened? And who but etcd knows which port is taken?",
      );
      await stage.desire(b, t.number(1, 4));
      await stage.settle("after a second desire");
    }),

  follows: (t) =>
    scene(t, async (stage) => {
      await stage.start();
      const name = t.word();
      await stage.desire(name, 2);
      await stage.desire(t.word(), 2);
      const before = (await stage.settle("after two desires")).status.get(name)?.ports ?? [];
      await stage.desire(name, 4);
      const more = (await stage.settle("after a change from 2 to 4")).status.get(name)?.ports ?? [];
      if (!before.every((port) => more.includes(port)))
        throw t.wrong(
          `a change from 2 to 4 ports made [${more}] of [${before}], expected those that it had to stay`,
          "somebody is connected to them",
        );
      await stage.desire(name, 1);
      const less = (await stage.settle("after a change from 4 to 1")).status.get(name)?.ports ?? [];
      if (!less.every((port) => more.includes(port)))
        throw t.wrong(`a change from 4 to 1 port made [${less}] of [${more}], expected one of those`);
    }),

  gone: (t) =>
    scene(t, async (stage) => {
      await stage.start();
      const [big, small] = [t.word(), t.word()];
      await stage.desire(big, ROOM - 3);
      await stage.settle("after a desire of most ports");
      await stage.desire(small, 5);
      await stage.settle(
        `with ${ROOM} ports in all`,
        new Map([
          [big, ROOM - 3],
          [small, 3],
        ]),
        "fewer than desired are better than none; say so in the status",
      );
      await stage.drop(big);
      await stage.settle(
        `after ${big} was deleted, which had all that ${small} was still to get,`,
        stage.desired,
        "nothing has happened to that desire. What woke your controller, and what did it look at?",
      );
    }),

  restart: (t) =>
    scene(t, async (stage) => {
      const [same, gone, changed] = [t.word(), t.word(), t.word()];
      await stage.start();
      for (const name of [same, gone, changed]) await stage.desire(name, 2);
      const before = await stage.settle("after three desires");
      await stage.kill();
      await stage.drop(gone);
      await stage.desire(changed, 3);
      await stage.desire(t.word(), 2);
      await stage.start();
      const after = await stage.settle("after kill -9, three changes and a new start");
      if (after.status.get(same)?.revision !== before.status.get(same)?.revision)
        throw t.wrong(
          `status/${same}, which nobody has changed, was written by the new start, expected it to be as it was`,
          "look whether there is anything to write before you write",
        );
      await stage.kill();
      const from = (await stage.etcd.list("desired/")).revision + 1;
      await stage.start();
      const probe = t.word();
      await stage.desire(probe, 1);
      await stage.settle("after one more start and a desire");
      const { revision } = await stage.etcd.list("desired/");
      const written = (await stage.etcd.history("", from, revision)).filter(
        ({ key, value }) => !key.endsWith(`/${probe}`) && value !== probe,
      );
      if (written.length > 0)
        throw t.wrong(
          `a new start wrote ${written.length} keys although there was nothing to do, ${written[0]?.key} first; expected none`,
          "each write wakes everybody who watches",
        );
    }),

  race: (t) =>
    scene(t, async (stage) => {
      const { etcd } = stage;
      const from = (await etcd.list("desired/")).revision + 1;
      const far = await etcd.proxy();
      far.delayMs = 40;
      await stage.start();
      await stage.start(far.endpoint);
      const names = Array.from({ length: 6 }, () => t.word());
      await stage.desire(names[0] as string, 1);
      await stage.settle("with two controllers");
      // What the one that is far away has read is always a little old.
      for (let n = 0; n < 60; n++) {
        const name = names[n % names.length] as string;
        if (stage.desired.has(name) && t.number(0, 3) === 0) await stage.drop(name);
        else await stage.desire(name, t.number(1, 3));
        await t.until(() => false, 10);
      }
      for (const name of names) await stage.desire(name, 2);
      await stage.settle("after 66 changes and with two controllers");
      const { revision } = await etcd.list("desired/");
      const world: World = { status: new Map(), ports: new Map() };
      const changes = await etcd.history("", from, revision);
      for (const [at, { key, type, value, revision: now }] of changes.entries()) {
        const [kind, name = ""] = key.split("/");
        const hint = "all that belongs together is one transaction, and its conditions are all that you have read";
        if (kind === "ports") {
          const owner = world.ports.get(Number(name));
          if (type === "put" && owner !== undefined && owner !== value)
            throw t.wrong(
              `at revision ${now} port ${name} was given to ${value}, expected it to stay ${owner}'s`,
              hint,
            );
          if (type === "put") world.ports.set(Number(name), value);
          else world.ports.delete(Number(name));
        } else if (kind === "status" && type === "put")
          world.status.set(name, { ...parse(t, key, value), revision: now });
        else if (kind === "status") world.status.delete(name);
        if (changes[at + 1]?.revision === now) continue;
        const torn = tornOf(world);
        if (torn) throw t.wrong(`at revision ${now} ${torn}`, hint);
      }
    }),
};

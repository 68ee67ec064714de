// fails at restart: was written by the new start
import { Etcd3 } from "etcd3";

const client = new Etcd3({ hosts: process.env.ENDPOINT ?? "http://127.0.0.1:2379" });
const [first, last] = [Number(process.env.FIRST ?? 30_000), Number(process.env.LAST ?? 30_009)];

interface Key {
  value: string;
  revision: number;
}

/** Everything, at one revision of the store. */
interface World {
  desired: Map<string, Key>;
  status: Map<string, Key>;
  ports: Map<string, Key>;
}

async function observe(): Promise<World> {
  // "desired/" to "status0": all three in one request are of one moment.
  const { kvs } = await client.getAll().inRange({ start: "desired/", end: "status0" }).exec();
  const world: World = { desired: new Map(), status: new Map(), ports: new Map() };
  for (const { key, value, mod_revision } of kvs) {
    const [kind = "", name = ""] = String(key).split("/");
    const map = world[kind as keyof World] as Map<string, Key> | undefined;
    map?.set(name, { value: String(value), revision: Number(mod_revision) });
  }
  return world;
}

/** The ports that this name should have: of those that it has the first, and then free ones. Pure. */
function choose({ desired, ports }: World, name: string): number[] {
  const count = Number(desired.get(name)?.value ?? 0);
  const all = Array.from({ length: last - first + 1 }, (_, n) => first + n);
  const mine = all.filter((port) => ports.get(String(port))?.value === name);
  const free = all.filter((port) => !ports.has(String(port)));
  return [...mine, ...free].slice(0, count).sort((a, b) => a - b);
}

interface Plan {
  name: string;
  taken: string[];
  freed: string[];
  /** Undefined: none. */
  status: string | undefined;
}

/** What is to be done for this name. Pure. */
function planFor(world: World, name: string): Plan {
  const desired = world.desired.get(name)?.value;
  const chosen = choose(world, name);
  const mine = [...world.ports].filter(([, { value }]) => value === name).map(([port]) => port);
  const taken = chosen.map(String).filter((port) => !mine.includes(port));
  const freed = mine.filter((port) => !chosen.includes(Number(port)));
  const status = desired === undefined ? undefined : JSON.stringify({ ports: chosen, desired: Number(desired) });
  return { name, taken, freed, status };
}

/** All of it or nothing; nothing when the world is not any more as it was when we made the plan. */
async function carryOut(world: World, { name, taken, freed, status }: Plan): Promise<boolean> {
  let transaction = client
    .if(`desired/${name}`, "Mod", "==", world.desired.get(name)?.revision ?? 0)
    .and(`status/${name}`, "Mod", "==", world.status.get(name)?.revision ?? 0);
  for (const port of taken) transaction = transaction.and(`ports/${port}`, "Create", "==", 0);
  const { succeeded } = await transaction
    .then(
      ...taken.map((port) => client.put(`ports/${port}`).value(name)),
      ...freed.map((port) => client.delete().key(`ports/${port}`)),
      status === undefined ? client.delete().key(`status/${name}`) : client.put(`status/${name}`).value(status),
    )
    .commit();
  return succeeded;
}

/** Looks, changes one thing, looks again, until there is nothing to change. What has happened before is seen, not remembered. */
async function reconcile(): Promise<void> {
  while (true) {
    const world = await observe();
    const owners = [...world.ports.values()].map(({ value }) => value);
    const names = new Set([...owners, ...world.status.keys(), ...world.desired.keys()]);
    let hasFailed = false;
    for (const name of names) {
      if (!(await carryOut(await observe(), planFor(await observe(), name)))) hasFailed = true;
    }
    if (!hasFailed) return;
  }
}

let isRunning = false;
let isDue = false;

/** One pass at a time; what is heard during it is looked at by the next one. */
async function wake(): Promise<void> {
  isDue = true;
  if (isRunning) return;
  isRunning = true;
  while (isDue) {
    isDue = false;
    await reconcile();
  }
  isRunning = false;
}

const watcher = client.watch().prefix("desired/").watcher();
// Now the watch has begun, for the first time or again: what was before it is seen by a look.
watcher.on("connected", () => void wake());
watcher.on("data", () => void wake());

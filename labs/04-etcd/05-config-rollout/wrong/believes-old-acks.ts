// fails at stale: have said nothing since
import { Etcd3, type IOperation } from "etcd3";

const client = new Etcd3({ hosts: process.env.ENDPOINT ?? "http://127.0.0.1:2379" });
const batch = Number(process.env.BATCH ?? 3);

interface Status {
  version: string;
  state: "rolling" | "done" | "rolled-back";
  good: string;
}

/** All at one revision of the store. */
interface World {
  desired: string | undefined;
  status: Status;
  instances: string[];
  assigned: Map<string, string>;
  acks: Map<string, { version: string; ok: boolean }>;
  /** Mod revisions, 0 of what is not there. */
  revisions: { desired: number; status: number };
}

/** What is to be done next: a new status, or versions for names ("" is none). Undefined: nothing. */
type Step = { status: Status } | { assign: Map<string, string> } | undefined;

async function observe(): Promise<World> {
  // From "ack/" to behind "instances/": everything that we know of in one request.
  const { kvs } = await client.getAll().inRange({ start: "ack/", end: "instances0" }).exec();
  const world: World = {
    desired: undefined,
    status: { version: "", state: "done", good: "" },
    instances: [],
    assigned: new Map(),
    acks: new Map(),
    revisions: { desired: 0, status: 0 },
  };
  for (const { key, value, mod_revision } of kvs) {
    const [kind, name = ""] = String(key).split("/");
    const text = String(value);
    if (kind === "instances") world.instances.push(name);
    else if (kind === "assigned") world.assigned.set(name, text);
    else if (kind === "ack") world.acks.set(name, JSON.parse(text));
    else if (name === "desired" || name === "status") {
      world.revisions[name] = Number(mod_revision);
      if (name === "desired") world.desired = text;
      else world.status = JSON.parse(text);
    }
  }
  return world;
}

/** Pure: the whole of the rollout's rules. */
function next({ desired, status, instances, assigned, acks }: World): Step {
  const { version, state, good } = status;
  const left = [...assigned.keys()].filter((name) => !instances.includes(name));
  if (desired !== undefined && desired !== version) return { status: { version: desired, state: "rolling", good } };

  const drop: Step = left.length > 0 ? { assign: new Map(left.map((name) => [name, ""])) } : undefined;
  if (state !== "rolling") {
    if (drop) return drop;
    const wrong = instances.filter((name) => (assigned.get(name) ?? "") !== good);
    return wrong.length > 0 ? { assign: new Map(wrong.map((name) => [name, good])) } : undefined;
  }
  const begun = instances.filter((name) => assigned.get(name) === version);
  const answered = begun.filter((name) => acks.get(name)?.version === version);
  if (answered.some((name) => !acks.get(name)?.ok)) return { status: { version, state: "rolled-back", good } };
  if (answered.length === instances.length) return { status: { version, state: "done", good: version } };
  if (drop) return drop;
  const room = batch - (begun.length - answered.length);
  const chosen = instances.filter((name) => !begun.includes(name)).slice(0, Math.max(room, 0));
  return chosen.length > 0 ? { assign: new Map(chosen.map((name) => [name, version])) } : undefined;
}

/** Nothing, when the rules were for another world. */
async function carryOut({ revisions }: World, step: NonNullable<Step>): Promise<void> {
  const changes: IOperation[] = [];
  if ("status" in step) changes.push(client.put("config/status").value(JSON.stringify(step.status)));
  else {
    for (const [name, version] of step.assign) {
      changes.push(version ? client.put(`assigned/${name}`).value(version) : client.delete().key(`assigned/${name}`));
    }
  }
  await client
    .if("config/desired", "Mod", "==", revisions.desired)
    .and("config/status", "Mod", "==", revisions.status)
    .then(...changes)
    .commit();
}

async function reconcile(): Promise<void> {
  while (true) {
    const world = await observe();
    const step = next(world);
    if (!step) return;
    await carryOut(world, step);
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

const watcher = client.watch().inRange({ start: "ack/", end: "instances0" }).watcher();
watcher.on("connected", () => void wake());
watcher.on("data", () => void wake());

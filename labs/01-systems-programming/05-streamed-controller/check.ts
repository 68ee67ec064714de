import type { CheckTools, LabCheck, Running } from "@drydock/labs";
import { WorldServer } from "./start/server.ts";

/** What has to become true, after load of any kind. */
const PATIENCE_MS = 15_000;
/** Longer than the longest pause between two attempts. */
const QUIET_MS = 4000;
/** A controller that has done so much, and is not there yet, goes round in a circle. */
const MOST_ACTIVITY = 300;

interface Place {
  world: WorldServer;
  start(): Promise<Running>;
}

async function place(t: CheckTools): Promise<Place> {
  const world = new WorldServer();
  const socket = `${t.scratch}/${t.word()}.sock`;
  await world.listen(socket);
  t.defer(() => world.close());
  return { world, start: () => t.start("controller.ts", [], { env: { SOCKET: socket } }) };
}

function difference(world: WorldServer): string | undefined {
  for (const { name, text } of world.things.values()) {
    const seen = world.machine.get(name);
    if (seen !== text) return `${name} is ${seen === undefined ? "not made" : `"${seen}"`}, expected "${text}"`;
  }
  for (const name of world.machine.keys())
    if (!world.things.has(name)) return `${name} is there and desired by nobody, expected it removed`;
  return undefined;
}

function notReady(world: WorldServer): string | undefined {
  for (const { name, generation, status } of world.things.values())
    if (status?.phase !== "Ready" || status.observedGeneration !== generation)
      return `${name} has the status ${status ? `${status.phase} of generation ${status.observedGeneration}` : "of nobody"}, expected Ready of generation ${generation}`;
  return undefined;
}

/** True when all is as desired; false when it is not, and nothing has been done about it for a while. */
async function isSettled(t: CheckTools, world: WorldServer, over = (): boolean => false): Promise<boolean> {
  const done = (): boolean => !difference(world) && !notReady(world);
  const before = world.calls.length + world.statusWrites;
  for (let seen = -1; !over(); ) {
    const activity = world.calls.length + world.statusWrites;
    if (activity === seen || activity > before + MOST_ACTIVITY) return done();
    seen = activity;
    const patience = activity === 0 ? PATIENCE_MS : QUIET_MS;
    if (await t.until(() => done() || over() || world.calls.length + world.statusWrites > seen, patience)) {
      if (done()) return true;
    }
  }
  return false;
}

async function settles(t: CheckTools, world: WorldServer, when: string, hint?: string): Promise<void> {
  await isSettled(t, world);
  const wrong = difference(world) ?? notReady(world);
  if (wrong) throw t.wrong(`${when}: ${wrong}`, hint);
}

const names = (t: CheckTools, count: number): string[] => Array.from({ length: count }, () => t.word());

export const steps: LabCheck = {
  async works(t) {
    const { world, start } = await place(t);
    const before = names(t, 5);
    for (const name of before) world.put(name, t.word());
    const [orphan] = names(t, 1) as [string];
    world.machine.set(orphan, "from an earlier life");
    const child = await start();
    let over = false;
    void child.ended.then(() => {
      over = true;
    });
    await isSettled(t, world, () => over);
    const wrong = difference(world) ?? notReady(world);
    if (over) throw t.wrong(`controller.ts has ended: ${child.stderr.trim().slice(-200)}, expected it to go on`);
    if (wrong)
      throw t.wrong(`with five things and one that is left from before: ${wrong}`, "Machine.List says what is real");
    const [late] = names(t, 1) as [string];
    const calls = world.calls.length;
    world.put(late, t.word());
    world.put(before[0] as string, t.word());
    world.delete(before[1] as string);
    await t.until(() => world.calls.length > calls, PATIENCE_MS);
    await settles(t, world, "after a put, a change and a delete");
  },

  async status(t) {
    const { world, start } = await place(t);
    world.makeMs = 600;
    const [slow, contested, calm] = names(t, 3) as [string, string, string];
    for (const name of [slow, contested, calm]) world.put(name, t.word());
    let rounds = 0;
    world.beforeStatus = (name) => {
      // Somebody else writes something into it just then: its version changes, its text does not.
      if (name === contested && rounds++ < 3) world.put(name, world.things.get(name)?.text ?? "");
    };
    await start();
    await t.until(() => world.count("make", slow) === 1, PATIENCE_MS);
    world.put(slow, t.word());
    await isSettled(t, world);
    if (world.lies.length > 0)
      throw t.wrong(
        `a status said that ${world.lies[0]}, and that was never made, expected the generation that was`,
        "the thing may change while you make it: remember which one you made",
      );
    await settles(
      t,
      world,
      "with a conflict at each of three writes of a status",
      "ABORTED: try again with what the stream has shown since",
    );
    const writes = world.statusWrites;
    if (await t.until(() => world.statusWrites > writes, 700))
      throw t.wrong(
        "nothing changes any more, and a status is written all the same, expected rest",
        "your own write comes back on the stream",
      );
    if (world.count("make", calm) !== 1)
      throw t.wrong(`a thing that never changed was made ${world.count("make", calm)} times, expected once`);
  },

  async queue(t) {
    const { world, start } = await place(t);
    world.makeMs = 150;
    const all = names(t, 12);
    for (const name of all) world.put(name, t.word());
    await start();
    await settles(t, world, "twelve things at once");
    if (world.mostAtOnce > 4 || world.mostAtOnce < 2)
      throw t.wrong(`${world.mostAtOnce} things were worked on at once, expected up to 4`);
    const busy = all[t.number(0, 12)] as string;
    const changes = t.number(20, 30);
    for (let n = 0; n < changes; n++) {
      world.put(busy, `${n}`);
      await t.until(() => false, 5);
    }
    await settles(
      t,
      world,
      "after many changes of one thing",
      "the change that came last counts, also when it came while the thing was worked on",
    );
    const overlapped = world.calls.find((call) => call.overlapped);
    if (overlapped)
      throw t.wrong(
        `${overlapped.name} was worked on twice at the same time, expected never`,
        "a name that a worker has in hand waits until it is done",
      );
    const runs = world.count("make", busy);
    if (runs > 8)
      throw t.wrong(
        `${changes} changes of one thing, most of them while it was worked on, were ${runs} runs, expected a few`,
        "what waits already need not wait twice",
      );
  },

  async retry(t) {
    const { world, start } = await place(t);
    const [bad, ...good] = names(t, 8) as [string, ...string[]];
    world.failing.add(bad);
    world.put(bad, t.word());
    for (const name of good) world.put(name, t.word());
    await start();
    const others = (): boolean => good.every((name) => world.machine.get(name) === world.things.get(name)?.text);
    if (!(await t.until(others, PATIENCE_MS)))
      throw t.wrong(`while ${bad} fails, others are not made, expected them made`, "a failure belongs to one name");
    if (!(await t.until(() => world.count("make", bad) >= 4, PATIENCE_MS)))
      throw t.wrong(
        `${bad} fails and was tried ${world.count("make", bad)} times, expected it to be tried again and again`,
      );
    if (!(await t.until(() => world.things.get(bad)?.status?.phase === "Failed", PATIENCE_MS)))
      throw t.wrong(`the status of ${bad} is ${JSON.stringify(world.things.get(bad)?.status)}, expected Failed`);
    if (!world.things.get(bad)?.status?.message.includes("no room"))
      throw t.wrong("the status does not say why, expected what the machine said in message");
    const soFar = world.count("make", bad);
    if (await t.until(() => world.count("make", bad) > soFar + 25, 1500))
      throw t.wrong(`within 1.5 s ${bad} was tried more than 25 times, expected pauses that grow`, "50 ms, 100, 200 …");
    world.failing.delete(bad);
    await settles(t, world, `${bad} does not fail any more`);
  },

  async stream(t) {
    const { world, start } = await place(t);
    const all = names(t, 6);
    for (const name of all) world.put(name, t.word());
    await start();
    await settles(t, world, "at the beginning");
    const [gone, changed, ...still] = all as [string, string, ...string[]];
    const made = still.map((name) => world.count("make", name));
    world.refusesWatches = true;
    world.breakStreams();
    world.delete(gone);
    world.put(changed, t.word());
    world.put(t.word(), t.word());
    await t.until(() => false, 300);
    world.refusesWatches = false;
    const hint = "a stream that begins anew shows what there is; what is not shown has gone";
    await settles(t, world, "the stream broke, and meanwhile one was deleted, one changed, one came", hint);
    if (world.streams !== 1) throw t.wrong(`the controller has ${world.streams} streams open, expected one`);
    const again = still.find((name, at) => world.count("make", name) !== made[at]);
    if (again)
      throw t.wrong(
        `${again} has not changed, and was made again when the stream came back, expected not`,
        "its status says which generation was made",
      );
  },
};

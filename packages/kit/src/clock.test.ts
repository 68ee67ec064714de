import t from "tap";
import { ManualClock, systemClock } from "./clock.ts";

t.test("the manual clock wakes sleepers in the order of their time", async (t) => {
  const clock = new ManualClock(1_000);
  const woken: string[] = [];
  const sleep = async (name: string, ms: number) => {
    await clock.sleep(ms);
    woken.push(`${name} at ${clock.now()}`);
  };
  const all = Promise.all([sleep("late", 30), sleep("early", 10), sleep("last", 31)]);
  await clock.advance(9);
  t.same(woken, []);
  await clock.advance(21);
  t.same(woken, ["early at 1010", "late at 1030"]);
  t.equal(clock.now(), 1_030);
  await clock.advance(100);
  await all;
  t.equal(clock.now(), 1_130);
});

t.test("who sleeps again while time moves is woken in the same move", async (t) => {
  const clock = new ManualClock();
  let ticks = 0;
  const ticking = (async () => {
    for (; ticks < 5; ticks++) await clock.sleep(10);
  })();
  await clock.advance(50);
  await ticking;
  t.equal(ticks, 5);
});

for (const [name, clock] of [
  ["manual", new ManualClock()],
  ["system", systemClock],
] as const) {
  t.test(`an aborted sleep on the ${name} clock rejects with the reason`, async (t) => {
    const reason = new Error("stop");
    const abort = new AbortController();
    const sleeping = clock.sleep(60_000, abort.signal);
    abort.abort(reason);
    await t.rejects(sleeping, reason);
    await t.rejects(clock.sleep(60_000, AbortSignal.abort(reason)), reason);
    // Nobody is left who could be woken.
    if (clock instanceof ManualClock) await clock.advance(120_000);
  });
}

t.test("the system clock moves by itself", async (t) => {
  const before = systemClock.now();
  await systemClock.sleep(20);
  const passed = systemClock.now() - before;
  t.ok(passed >= 18, `${passed} ms`);
});

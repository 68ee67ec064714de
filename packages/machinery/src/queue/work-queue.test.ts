import { ManualClock } from "@drydock/kit";
import fc from "fast-check";
import t from "tap";
import { WorkQueue } from "./work-queue.ts";

const backoff = { initialMs: 10, maxMs: 80 };

t.test("takes keys once and in order", async (t) => {
  const queue = new WorkQueue();
  for (const key of ["a", "b", "a", "c", "b"]) queue.add(key);
  t.same([await queue.take(), await queue.take(), await queue.take()], ["a", "b", "c"]);
  t.match(queue.stats(), { waiting: 0, processing: 3 });
});

t.test("a key that is added while it is processed comes once more, after done", async (t) => {
  const queue = new WorkQueue();
  queue.add("a");
  t.equal(await queue.take(), "a");
  queue.add("a");
  queue.add("a");
  const next = queue.take();
  let taken = false;
  next.then(() => {
    taken = true;
  });
  await new Promise(setImmediate);
  t.notOk(taken, "not while another worker has it");
  queue.done("a");
  t.equal(await next, "a");
  queue.done("a");
  t.match(queue.stats(), { waiting: 0, processing: 0 });
});

t.test("delayed keys: the earliest time holds", async (t) => {
  const clock = new ManualClock();
  const queue = new WorkQueue({ clock });
  queue.addAfter("a", 100);
  queue.addAfter("a", 50);
  queue.addAfter("a", 200);
  t.equal(queue.stats().delayed, 1);
  await clock.advance(49);
  t.equal(queue.stats().waiting, 0);
  await clock.advance(1);
  t.equal(queue.stats().waiting, 1);
  await queue.take();
  queue.done("a");
  await clock.advance(1000);
  t.equal(queue.stats().waiting, 0, "the later ones were dropped");
});

t.test("failures back off by key, and are forgotten", async (t) => {
  const clock = new ManualClock();
  const queue = new WorkQueue({ clock, backoff });
  const delays: number[] = [];
  for (let i = 0; i < 5; i++) {
    queue.addRateLimited("a");
    const from = clock.now();
    while (queue.stats().waiting === 0) await clock.advance(1);
    delays.push(clock.now() - from);
    await queue.take();
    queue.done("a");
  }
  t.same(delays, [10, 20, 40, 80, 80]);
  t.equal(queue.failures("a"), 5);
  t.equal(queue.failures("b"), 0);
  queue.forget("a");
  t.equal(queue.failures("a"), 0);
});

t.test("shut down: what waits is still given out, then the end", async (t) => {
  const clock = new ManualClock();
  const queue = new WorkQueue({ clock });
  queue.add("a");
  queue.addAfter("late", 10);
  queue.shutDown();
  queue.add("b");
  queue.addAfter("c", 0);
  await clock.advance(100);
  t.equal(await queue.take(), "a");
  t.equal(await queue.take(), undefined);
  const idle = new WorkQueue();
  const waiting = idle.take();
  idle.shutDown();
  t.equal(await waiting, undefined);
});

type Step = { add: string } | { take: true } | { finish: number };

t.test("whatever happens: no key is with two workers, and no addition is lost", async () => {
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ add: fc.constantFrom("a", "b", "c") }),
    fc.constant({ take: true as const }),
    fc.record({ finish: fc.nat(5) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const queue = new WorkQueue();
      const held: string[] = [];
      /** Keys that were added after they were last taken. */
      const owed = new Set<string>();
      const taker = (key: string | undefined): void => {
        if (key === undefined) throw new Error("ended without a shutdown");
        if (held.includes(key)) throw new Error(`${key} is with two workers`);
        if (!owed.delete(key)) throw new Error(`${key} was given out without having been added`);
        held.push(key);
      };
      const failures: unknown[] = [];
      const settle = () => new Promise(setImmediate);
      for (const one of steps) {
        if ("add" in one) {
          owed.add(one.add);
          queue.add(one.add);
        } else if ("take" in one) {
          queue
            .take()
            .then(taker)
            .catch((error) => failures.push(error));
        } else {
          const [key] = held.splice(one.finish % Math.max(1, held.length), 1);
          if (key !== undefined) queue.done(key);
        }
        await settle();
        if (failures.length > 0) throw failures[0];
      }
      for (const key of held.splice(0)) queue.done(key);
      for (let i = 0; owed.size > 0 && i < 10; i++) {
        queue
          .take()
          .then(taker)
          .catch((error) => failures.push(error));
        await settle();
        for (const key of held.splice(0)) queue.done(key);
      }
      if (failures.length > 0) throw failures[0];
      if (owed.size > 0) throw new Error(`lost: ${[...owed]}`);
    }),
    { numRuns: 300 },
  );
});

import { setTimeout as delay } from "node:timers/promises";
import t from "tap";
import { forEachBounded } from "./for-each-bounded.ts";

t.test("all items, never more at once than the bound", async (t) => {
  const done: number[] = [];
  let running = 0;
  let most = 0;
  await forEachBounded([1, 2, 3, 4, 5, 6, 7], 3, undefined, async (item) => {
    most = Math.max(most, ++running);
    await delay(item % 2);
    running--;
    done.push(item);
  });
  t.equal(most, 3);
  t.same(done.sort(), [1, 2, 3, 4, 5, 6, 7]);
  await forEachBounded([], 3, undefined, async () => {
    t.fail("nothing to do");
  });
});

t.test("the first error aborts the others, and is the one that is thrown", async (t) => {
  const first = new Error("first");
  let started = 0;
  const running = forEachBounded([1, 2, 3, 4], 2, undefined, async (item, signal) => {
    started++;
    if (item === 1) throw first;
    await new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(new Error("second")));
    });
  });
  await t.rejects(running, first);
  t.equal(started, 2, "nothing is begun after it");
});

t.test("an abort from outside", async (t) => {
  const reason = new Error("Ctrl-C");
  await t.rejects(
    forEachBounded([1], 1, AbortSignal.abort(reason), async () => {
      t.fail("must not begin");
    }),
    reason,
  );
});

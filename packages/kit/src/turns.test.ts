import t from "tap";
import { Turns } from "./turns.ts";

t.test("so many at once, the others in order", async (t) => {
  const turns = new Turns(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const all = [1, 2, 3, 4].map(async (n) => {
    const end = await turns.take();
    begun.push(n);
    ends.push(end);
  });
  await settle();
  t.strictSame(begun, [1, 2]);
  ends[0]?.();
  ends[0]?.();
  await settle();
  t.strictSame(begun, [1, 2, 3], "ending a turn twice is ending it once");
  ends[1]?.();
  await Promise.all(all);
  t.strictSame(begun, [1, 2, 3, 4]);
  for (const end of ends) end();
  const free = [await turns.take(), await turns.take()];
  t.equal(free.length, 2, "all turns are there again");
});

t.test("who does not want to wait any more", async (t) => {
  const turns = new Turns(1);
  const end = await turns.take();
  const abort = new AbortController();
  const given = turns.take(abort.signal);
  const patient = turns.take();
  abort.abort(new Error("enough"));
  await t.rejects(given, { message: "enough" });
  await t.rejects(turns.take(abort.signal), { message: "enough" });
  end();
  (await patient)();
  t.pass("the one behind it has its turn");
});

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

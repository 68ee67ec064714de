import t from "tap";
import { lastNotAfter } from "./revision-at.ts";

/** Revision 100 is at time 1000, 101 at 1010 …; what is below `gone` is not known. */
const clock = (gone: number) => async (revision: number) => (revision < gone ? undefined : revision * 10);

t.test("the last revision that was not after a time", async (t) => {
  const current = { revision: 500, time: 5000 };
  for (const [asked, revision] of [
    [4005, 400],
    [4010, 401],
    [5000, 500],
    [9999, 500],
    [2001, 200],
  ] as const) {
    t.match(await lastNotAfter(asked, current, clock(200)), { revision }, String(asked));
  }
  t.equal(await lastNotAfter(1990, current, clock(200)), undefined, "before what is known");
  t.equal(await lastNotAfter(1, { revision: 5, time: undefined }, clock(0)), undefined, "nobody keeps the time");
});

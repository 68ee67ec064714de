import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { BookmarkSchedule } from "./bookmark-schedule.ts";

t.test(
  "who hears nothing gets a bookmark, again and again; who hears enough gets none; who left gets none",
  async (t) => {
    const schedule = new BookmarkSchedule(60);
    const counts = { idle: 0, busy: 0, gone: 0 };
    const idle = schedule.add(() => counts.idle++);
    const busy = schedule.add(() => counts.busy++);
    schedule.add(() => counts.gone++).end();
    while (counts.idle < 3) {
      busy.sent();
      await sleep(1);
    }
    busy.end();
    idle.end();
    t.equal(counts.gone, 0);
    t.ok(counts.busy < counts.idle, "told often, not to be told so");
    const before = counts.idle;
    await sleep(150);
    t.equal(counts.idle, before, "nobody is left");
  },
);

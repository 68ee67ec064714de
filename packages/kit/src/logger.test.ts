import t from "tap";
import { silentLogger } from "./logger.ts";

t.test("the silent logger takes everything and says nothing", async (t) => {
  const log = silentLogger.child({ component: "test" });
  for (const level of ["debug", "info", "warn", "error"] as const) t.equal(log[level]({ a: 1 }, "message"), undefined);
  t.equal(log, silentLogger);
});

import t from "tap";
import { startupFailure } from "./startup-failure.ts";

const run = { logFile: "/d/etcd.log", dataPath: "/d/data", hadData: true, how: "ended with exit code 1" };
const line = (level: string, msg: string, error?: string): string => `${JSON.stringify({ level, msg, error })}\n`;

t.test("what etcd's last words mean", async (t) => {
  const of = (log: string, hadData = true) => startupFailure({ ...run, hadData, log });
  const started = line("info", "starting an etcd server");
  t.match(
    of(
      started +
        line("panic", "failed to open database", "invalid database") +
        "panic: failed to open database\n\ngoroutine 1",
    ),
    {
      code: "ETCD_DATA_CORRUPT",
      message: "etcd cannot use /d/data: failed to open database: invalid database",
      details: { log: "/d/etcd.log" },
    },
  );
  t.match(of(line("fatal", "discovery failed", "wal: max entry size limit exceeded")), { code: "ETCD_DATA_CORRUPT" });
  t.match(of("panic: cannot use none as id\n\ngoroutine 1 [running]:"), { code: "ETCD_DATA_CORRUPT" });
  t.match(of(line("fatal", "discovery failed", "listen tcp 127.0.0.1:2379: bind: address already in use")), {
    code: "ETCD_PORT_TAKEN",
    details: { port: 2379 },
  });
  t.match(
    of(
      line(
        "fatal",
        "cluster cannot be downgraded (current version: 3.4.23 is lower than determined cluster version: 3.5)",
      ),
    ),
    {
      code: "ETCD_DATA_VERSION",
    },
  );
  t.match(
    of(line("fatal", "discovery failed", "wal: broken"), false),
    { code: "ETCD_START_FAILED" },
    "no data, no damage",
  );
  t.match(of(started), { code: "ETCD_START_FAILED", message: "etcd ended with exit code 1: it said nothing" });
  t.match(of(`${started}{"level":"fatal","msg":"cut of`), { code: "ETCD_START_FAILED" });
});

import { existsSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { findHierarchies } from "./hierarchies.ts";
import { runLimited } from "./run.ts";

/** Limits of `drydock inspect cgroup run` on cgroup v2: needs the controllers memory, cpu and pids. */
t.setTimeout(120_000);

/** Its output goes to standard error: standard output is the test's. */
const quietly = { outputToStderr: true };

t.test("the host has what this needs", async (t) => {
  const [only, ...more] = findHierarchies();
  t.match(only, { version: 2 });
  t.strictSame(more, []);
  for (const name of ["memory", "cpu", "pids"]) t.ok(only?.controllers.includes(name), name);
});

t.test("memory: killed, and counted", async (t) => {
  const { end, report } = await runLimited(
    { memory: 32 * 1024 ** 2 },
    ["sh", "-c", "head -c 100000000 /dev/zero | tail -c 90000000 | wc -c; exit 3"],
    quietly,
  );
  t.equal(end.exitCode, 3);
  const { memory } = report.data as { memory: { oomKills: number; peakBytes?: number } };
  t.equal(memory.oomKills, 1);
  t.ok((memory.peakBytes ?? 0) <= 32 * 1024 ** 2);
  t.match(report.lines({ width: 80 }).join("\n"), /1 process was killed for want/);
});

t.test("cpu: held back, and told by how much", async (t) => {
  const loop = "i=0; while [ $i -lt 12000 ]; do i=$((i + 1)); done";
  const { report } = await runLimited({ cpu: 0.1 }, ["sh", "-c", loop], quietly);
  const { cpu } = report.data as { cpu: { throttledPeriods: number; throttledSeconds: number; usedSeconds: number } };
  t.ok(cpu.throttledPeriods > 0);
  t.ok(cpu.throttledSeconds > 0);
  t.ok(cpu.usedSeconds > 0);
  t.match(report.lines({ width: 200 }).join("\n"), /held back in \d+ of \d+ periods/);
});

t.test("pids: forks are refused; what is left behind ends with the cgroup", async (t) => {
  const { end, report } = await runLimited(
    { pids: 3 },
    ["sh", "-c", "sleep 1000 & sleep 1000 & sleep 1000 & echo unreachable"],
    quietly,
  );
  t.equal(end.exitCode, 2);
  t.match(report.data, { pids: { limit: 3, refusedForks: 1 }, leftBehind: 2, cgroupVersions: [2] });
  const [hierarchy] = findHierarchies();
  t.notOk(existsSync(join(hierarchy?.mountPoint ?? "", `drydock-inspect-${process.pid}`)), "nothing is left");
});

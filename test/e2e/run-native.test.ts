/** drydock run on our own runtime. */
import { mkdtemp } from "node:fs/promises";
import t from "tap";
import { RunDrydock, runSuite } from "./run/run-suite.ts";

if (process.getuid?.() !== 0) t.plan(0, "needs root: namespaces, mounts, bridges");
else {
  const drydock = new RunDrydock(await mkdtemp("/tmp/drydock-test-run-"));
  t.teardown(() => drydock.removeAll());
  await runSuite(drydock, { flags: ["--runtime", "native"], name: "native" });
}

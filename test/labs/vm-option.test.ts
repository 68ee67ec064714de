/** A check with `--vm`, as a learner runs it on a host without cgroup v2. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadLabs, makeFolder, runCheck } from "@drydock/labs";
import { chooseEngine } from "@drydock/vm";
import t from "tap";
import { labsRoot } from "./prove.ts";

const lab = (await loadLabs(labsRoot)).find(({ needs }) => needs.includes("cgroup2"));
const noVm = await chooseEngine().then(
  () => false as const,
  (error: Error) => error.message,
);

t.test("a check with --vm", { skip: noVm, timeout: 200_000 }, async (t) => {
  if (!lab) throw new Error("no lab needs cgroup2 any more");
  const folder = mkdtempSync(join(tmpdir(), "lab-vm-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  await makeFolder(folder, lab);
  const verdict = await runCheck(lab, folder, { vm: true });
  t.match(verdict, { passed: false, contained: true, where: /uml|qemu|none/ });
  t.match(verdict.steps[0]?.reason, /expected/, "the start is wrong there, too");
});

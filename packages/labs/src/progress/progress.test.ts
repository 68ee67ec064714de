import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "@drydock/kit";
import t from "tap";
import type { CheckVerdict } from "../check/verdict.ts";
import { emptyProgress, nextLab, stateOf, withHint, withReset, withStart, withVerdict } from "./progress.ts";
import { changeProgress, readProgress } from "./progress-file.ts";

const now = new Date("2026-01-02T03:04:05Z");
const verdict = (passed: boolean, checkEdited = false): CheckVerdict => ({
  lab: "a",
  passed,
  steps: [
    { id: "one", title: "", state: "passed" },
    { id: "two", title: "", state: passed ? "passed" : "failed" },
  ],
  checkEdited,
  contained: true,
  where: "host",
  durationMs: 1,
  learnerMs: 1,
});

t.test("a lab goes from new to started to passed, and stays passed", async (t) => {
  const labs = [{ id: "a" }, { id: "b" }];
  let progress = emptyProgress;
  t.equal(stateOf(progress, "a"), "new");
  t.equal(nextLab(labs, progress)?.id, "a");
  progress = withHint(withVerdict(withStart(progress, "a", now), verdict(false), now), "a");
  t.match(progress.labs.a, { tries: 1, hintsShown: 1, passedSteps: ["one"] });
  t.same(withStart(progress, "a", new Date(0)), progress, "starting again changes nothing");
  progress = withVerdict(progress, verdict(true, true), now);
  t.match(progress.labs.a, { passedAt: now.toISOString(), checkEdited: true });
  progress = withVerdict(progress, verdict(true), now);
  t.equal(progress.labs.a?.checkEdited, false, "the released check has said so, too");
  progress = withReset(withVerdict(progress, verdict(false), now), "a");
  t.equal(stateOf(progress, "a"), "passed");
  t.equal(nextLab(labs, progress)?.id, "b");
  t.equal(nextLab([{ id: "a" }], progress), undefined);
});

t.test("the file is written whole, and a damaged one is never replaced", async (t) => {
  const home = await mkdtemp(join(tmpdir(), "progress-"));
  t.teardown(() => rm(home, { recursive: true, force: true }));
  t.same(await readProgress(home), emptyProgress);
  await changeProgress(home, (progress) => withStart(progress, "a", now));
  t.equal(stateOf(await readProgress(home), "a"), "started");
  for (const damage of ["{", "[]", '{"version":2,"labs":{}}', "null"]) {
    await writeFile(join(home, "progress.json"), damage);
    await t.rejects(
      changeProgress(home, (progress) => progress),
      { code: "LAB_PROGRESS" },
    );
    t.equal(await readFile(join(home, "progress.json"), "utf8"), damage, "unchanged");
  }
});

t.test(
  "a disk without room leaves what was there",
  { skip: process.getuid?.() === 0 ? false : "mounting needs root" },
  async (t) => {
    const home = await mkdtemp(join(tmpdir(), "progress-"));
    await runCommand("mount", ["-t", "tmpfs", "-o", "size=64k", "full", home]);
    t.teardown(async () => {
      await runCommand("umount", [home]);
      await rm(home, { recursive: true, force: true });
    });
    await changeProgress(home, (progress) => withStart(progress, "a", now));
    await runCommand("sh", ["-c", `head -c 1M /dev/zero >${home}/filler || true`]);
    await t.rejects(
      changeProgress(home, (progress) => withStart(progress, "b", now)),
      { code: "LAB_PROGRESS", message: /ENOSPC/, hint: /unchanged/ },
    );
    t.equal(stateOf(await readProgress(home), "a"), "started");
    t.equal(stateOf(await readProgress(home), "b"), "new");
  },
);

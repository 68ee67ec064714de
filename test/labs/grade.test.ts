/** A teacher checks what many have handed in, in one command. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gradesCsv, loadLabs } from "@drydock/labs";
import t from "tap";
import { lab } from "./lab-command.ts";
import { labsRoot } from "./prove.ts";

const LAB = "process-inspector";

// Some ten commands, each of which takes seconds on a machine that is busy.
t.setTimeout(600_000);

t.test("folders of learners", async (t) => {
  const found = (await loadLabs(labsRoot)).find(({ id }) => id === LAB);
  if (!found) throw new Error("the lab of this test is gone");
  const root = mkdtempSync(join(tmpdir(), "lab-grade-"));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const home = join(root, "teacher");
  const handedIn = (learner: string, from: string, below = ""): string => {
    const folder = join(root, learner, below);
    mkdirSync(folder, { recursive: true });
    cpSync(join(found.path, "start"), folder, { recursive: true });
    cpSync(join(found.path, from), folder, { recursive: true });
    return join(root, learner);
  };
  const ann = handedIn("ann", "solution");
  const bob = handedIn("bob", "start");
  const cem = handedIn("cem", "solution", "02-linux/01-process-inspector");
  const nobody = join(root, "nobody");
  mkdirSync(nobody);
  // What runs for ever, or kills all it can, is one bad grade and not the end of the run.
  const dan = handedIn("dan", "start");
  writeFileSync(join(dan, "inspect.ts"), 'process.kill(-1, "SIGKILL"); for (;;) {}');

  const table = await lab(home, "grade", LAB, ann, bob, cem, dan, nobody);
  t.equal(table.code, 1);
  const lines = table.out.split("\n");
  t.match(lines[0], /^LEARNER +LAB +STATE +STEPS +NOT DONE, BECAUSE$/);
  t.match(lines[1], /^ann +process-inspector +passed +(\d)\/\1 +-$/);
  t.match(lines[2], /^bob +process-inspector +failed +\d\/\d +identity: \S/);
  t.match(lines[3], /^cem +process-inspector +passed/, "a whole home");
  t.match(lines[4], /^dan +process-inspector +failed/);
  t.match(lines[5], /^nobody +process-inspector +missing +0\/\d +.*has no inspect\.ts|…$/);
  t.match(table.out, /2 of 5 passed/);
  t.notOk(existsSync(join(home, "progress.json")), "the teacher's own progress stays as it is");

  const json = await lab(home, "grade", "all", cem, "-o", "json");
  t.equal(json.code, 0, "of a home, what was begun");
  t.match(JSON.parse(json.out), [{ learner: "cem", lab: LAB, state: "passed", checkEdited: false }]);

  const csv = await lab(home, "grade", LAB, ann, bob, "-o", "csv", "--jobs", "1");
  t.match(csv.out, /^learner,lab,state,/);
  t.match(csv.out, /\r\nbob,process-inspector,failed,0,/);
  t.equal((await lab(home, "grade", LAB, ann, "--jobs", "many")).code, 2);
});

t.test("what a program printed is no formula of the teacher's spreadsheet", async (t) => {
  const row = {
    learner: "=cmd()",
    lab: LAB,
    state: "failed",
    stepsPassed: 0,
    steps: 1,
    reason: 'was "a, b"\nexpected c',
    checkEdited: false,
    contained: true,
    durationMs: 1,
  } as const;
  t.equal(gradesCsv([row]).split("\r\n")[1], `'=cmd(),${LAB},failed,0,1,,"was ""a, b"" expected c",false,true,1`);
});

/** `drydock lab` as a learner and a teacher type it. */
import { execFile, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { loadLabs } from "@drydock/labs";
import t from "tap";
import { labsRoot } from "./prove.ts";

const main = resolve(import.meta.dirname, "../../packages/cli/src/main.ts");
const home = mkdtempSync(join(tmpdir(), "lab-home-"));
t.teardown(() => rmSync(home, { recursive: true, force: true }));
const [firstLab] = await loadLabs(labsRoot);
const inspector = (await loadLabs(labsRoot)).find(({ id }) => id === "process-inspector");
if (!inspector) throw new Error("the lab of these tests is gone");
const folder = join(home, "02-linux", "01-process-inspector");

function drydock(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, DRYDOCK_LABS_HOME: home, NO_COLOR: "1" };
  return new Promise((done) => {
    execFile(process.execPath, [main, "lab", ...args], { env }, (error, out, err) =>
      done({ code: error ? Number(error.code ?? -1) : 0, out, err }),
    );
  });
}

t.test("from nothing to a passed lab", async (t) => {
  const before = await drydock("check");
  t.equal(before.code, 6);
  t.match(before.err, new RegExp(`drydock lab start ${firstLab?.id}`), "says how to begin");
  t.match((await drydock("next")).out, new RegExp(`drydock lab start ${firstLab?.id}`));

  const unknown = await drydock("start", "process-inspecter");
  t.equal(unknown.code, 3);
  t.match(unknown.err, /did you mean process-inspector\?/);

  const started = await drydock("start", "process-inspector", "--json");
  t.match(JSON.parse(started.out), { folder, created: true, edit: "inspect.ts" });
  t.ok(existsSync(join(folder, "README.md")), "the guide is beside the files");

  const early = await drydock("solution");
  t.equal(early.code, 6);
  t.match(early.err, /has not been tried yet/);

  const failed = await drydock("check");
  t.equal(failed.code, 1);
  t.match(failed.out, /NO {3}1\. .*\n +name is .*\n/, "the step that is not done, and why");
  t.match(failed.out, /\n {3}- {3}2\. /, "the others wait");
  t.same(
    failed.out.split("\n").filter((line) => line.length > 80),
    [],
    "fits in 80 columns",
  );

  t.match((await drydock("hint")).out, /^Hint 1 of 3:/);
  t.match((await drydock("hint")).out, /^Hint 2 of 3:/, "one at a time");
  t.match((await drydock("hint", "--again")).out, /^Hint 1 of 3:[\s\S]*Hint 2 of 3:/);
  t.equal((await drydock("solution")).code, 0, "after a try");

  writeFileSync(join(folder, "mine.txt"), "kept");
  t.equal((await drydock("start", "process-inspector")).code, 0, "starting again");
  t.equal(readFileSync(join(folder, "mine.txt"), "utf8"), "kept", "touches nothing");

  cpSync(join(inspector.path, "solution"), folder, { recursive: true });
  const passed = await drydock("check", "-o", "json");
  t.equal(passed.code, 0, passed.out);
  t.match(JSON.parse(passed.out), { lab: "process-inspector", passed: true, contained: true, checkEdited: false });
  t.match(JSON.parse((await drydock("status", "process-inspector", "--json")).out), {
    state: "passed",
    tries: 2,
    hintsShown: 2,
  });
  t.match((await drydock("list")).out, /\[x\] 02\.1/);
  t.match(
    JSON.parse((await drydock("list", "--json")).out).find(({ id }: { id: string }) => id === "process-inspector"),
    { state: "passed" },
  );
});

t.test("a report, and a reset that loses nothing", async (t) => {
  const file = join(home, "report.html");
  t.equal((await drydock("report", "-f", file, "--learner", "A <b> & C")).code, 0);
  const page = readFileSync(file, "utf8");
  t.match(page, /A &lt;b&gt; &amp; C/);
  t.match(page, /class="passed">passed/);
  t.match(page, /solution seen before passing/);

  const reset = await drydock("reset", "process-inspector");
  t.equal(reset.code, 0);
  t.equal(readFileSync(`${folder}.before-reset-1/mine.txt`, "utf8"), "kept");
  t.equal(
    readFileSync(join(folder, "inspect.ts"), "utf8"),
    readFileSync(join(inspector.path, "start/inspect.ts"), "utf8"),
  );
});

t.test("a teacher checks a folder that was handed in", async (t) => {
  const handedIn = join(home, "learner-7");
  cpSync(join(inspector.path, "solution"), handedIn, { recursive: true });
  const before = readFileSync(join(home, "progress.json"), "utf8");
  const verdict = await drydock("check", "process-inspector", "--folder", handedIn, "--no-record", "--json");
  t.equal(verdict.code, 0, verdict.out);
  t.equal(readFileSync(join(home, "progress.json"), "utf8"), before, "the teacher's own progress stays as it is");
});

t.test("watch checks again on every save and ends on a signal", async (t) => {
  const child = spawn(process.execPath, [main, "lab", "watch", "process-inspector", "--json"], {
    env: { ...process.env, DRYDOCK_LABS_HOME: home },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.teardown(() => child.kill("SIGKILL"));
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  const seen = async (text: string): Promise<boolean> => {
    for (let attempt = 0; attempt < 600 && !out.includes(text); attempt++)
      await new Promise((done) => setTimeout(done, 50));
    return out.includes(text);
  };
  t.ok(await seen('"passed": false'), "at once");
  cpSync(join(inspector.path, "solution"), folder, { recursive: true });
  t.ok(await seen('"passed": true'), "after a save");
  child.kill("SIGTERM");
  const code = await new Promise((done) => child.on("exit", done));
  t.equal(code, 0);
});

t.test("what is missing is named with the command that gets it", async (t) => {
  const { requireNeeds } = await import("@drydock/labs");
  const needing = inspector;
  const path = process.env.PATH;
  process.env.PATH = "/nowhere";
  t.teardown(() => {
    process.env.PATH = path;
  });
  await t.rejects(requireNeeds({ ...needing, needs: ["strace"] }), {
    code: "LAB_NEEDS",
    message: /process-inspector needs the program strace/,
    hint: "apt-get install -y strace",
  });
});

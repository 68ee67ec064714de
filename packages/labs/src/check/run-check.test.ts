import { spawn } from "node:child_process";
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { labChecksum } from "../catalog/checksums.ts";
import type { Lab } from "../catalog/lab.ts";
import { parseLab } from "../catalog/parse-lab.ts";
import { runCheck } from "./run-check.ts";

const root = mkdtempSync(join(tmpdir(), "labs-"));
t.teardown(() => rmSync(root, { recursive: true, force: true }));
const isRoot = process.getuid?.() === 0 ? {} : { skip: "needs root" };

/** A lab of one step, which runs the learner's main.ts and wants exit code 0, and a learner's folder with `program` in it. */
function example(name: string, program: string, check?: string, limitSeconds = 20): { lab: Lab; folder: string } {
  const path = join(root, "labs", "01-test", `01-${name}`);
  mkdirSync(path, { recursive: true });
  const document = `id: ${name}\ntitle: T\nminutes: 1\nedit: main.ts\nlimitSeconds: ${limitSeconds}\nsteps: [{ id: one, title: One }, { id: two, title: Two }]\nhints: [a, b, c]\n`;
  writeFileSync(join(path, "lab.yaml"), document);
  const body =
    check ??
    'const e = await t.run("main.ts"); if (e.code !== 0) throw t.wrong(`ended with ${e.code ?? e.signal}, timed out: ${e.timedOut} ${e.stderr}`, "look");';
  writeFileSync(join(path, "check.ts"), `export const steps = { async one(t) { ${body} }, two() {} };\n`);
  const folder = join(root, `folder-${name}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "main.ts"), program);
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  return { lab: parseLab(document, path), folder };
}

function processesNaming(text: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return (
        /^\d+$/.test(pid) && Number(pid) !== process.pid && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(text)
      );
    } catch {
      // It has ended since.
      return false;
    }
  });
}

function nothingLeft(t: Test, folder: string): void {
  t.same(processesNaming(folder), [], "no process is left");
  t.notOk(readFileSync("/proc/self/mounts", "utf8").includes(folder), "no mount");
  t.same(globSync(`/sys/fs/cgroup/{,*/}drydock-lab-${process.pid}-*`), [], "no cgroup");
}

t.test("steps pass, fail with a reason and a hint, or wait", async (t) => {
  const passing = example("pass", "console.log(1)");
  const verdict = await runCheck(passing.lab, passing.folder);
  t.ok(verdict.passed);
  t.same(
    verdict.steps.map(({ state }) => state),
    ["passed", "passed"],
  );
  const failing = example("fail", "process.exit(4)");
  t.match((await runCheck(failing.lab, failing.folder)).steps, [
    { id: "one", state: "failed", reason: "ended with 4, timed out: false ", hint: "look" },
    { id: "two", state: "waiting" },
  ]);
  nothingLeft(t, failing.folder);
});

t.test("what the learner's program does outside its folder stays inside", isRoot, async (t) => {
  const marker = `/var/tmp/drydock-lab-marker-${process.pid}`;
  const script = [
    'import { execSync } from "node:child_process"; import { writeFileSync } from "node:fs";',
    'writeFileSync("kept", "1");',
    `writeFileSync("/tmp/drydock-lab-marker-${process.pid}", "1");`,
    'execSync("mount -t tmpfs x /opt && ip link add lab0 type bridge && hostname changed && (setsid sleep 1000 >/dev/null 2>&1 &)");',
    `try { writeFileSync(${JSON.stringify(marker)}, "1"); process.exit(5); } catch (error) { if (error.code !== "EROFS") throw error; }`,
  ].join("\n");
  const { lab, folder } = example("outside", script);
  const verdict = await runCheck(lab, folder);
  t.ok(verdict.passed, verdict.steps[0]?.reason ?? "passed");
  t.ok(verdict.contained);
  t.ok(existsSync(join(folder, "kept")), "its own folder it may change");
  t.notOk(existsSync(marker));
  t.notOk(existsSync(`/tmp/drydock-lab-marker-${process.pid}`), "and /tmp forgets");
  t.notOk(readdirSync("/sys/class/net").includes("lab0"));
  nothingLeft(t, folder);
});

t.test("an endless loop, a fork bomb, a program that kills everything", isRoot, async (t) => {
  const loop = example(
    "loop",
    "for (;;) {}",
    'const e = await t.run("main.ts", [], { timeoutMs: 500 }); if (e.timedOut) throw t.wrong("did not end");',
  );
  t.equal((await runCheck(loop.lab, loop.folder)).steps[0]?.reason, "did not end");

  // Each shell starts two more of itself, in sessions of their own; the first one waits, so the check sees a program that never ends.
  const bomb = example(
    "bomb",
    'import { execSync } from "node:child_process"; execSync("b() { b | b & }; b; sleep 100", { stdio: "ignore" });',
    undefined,
    4,
  );
  const verdict = await runCheck(bomb.lab, bomb.folder);
  t.equal(verdict.steps[0]?.state, "failed");
  nothingLeft(t, bomb.folder);

  const killer = example(
    "killer",
    'for (const pid of [1, 2, 3, 4, 5]) try { process.kill(pid, "SIGKILL"); } catch {} process.kill(-1, "SIGKILL");',
  );
  const killed = await runCheck(killer.lab, killer.folder);
  t.notOk(killed.passed);
  t.match(killed.steps[0]?.reason, /killed|ended with|not done/);
  nothingLeft(t, killer.folder);
});

t.test("a check that never ends is ended", async (t) => {
  const { lab, folder } = example("slow", "", "await new Promise((resolve) => setTimeout(resolve, 1e6))", 1);
  t.match((await runCheck(lab, folder)).steps[0]?.reason, /not done after 1 s/);
  nothingLeft(t, folder);
});

t.test("an abort ends it, and so does the death of who runs it", isRoot, async (t) => {
  const { lab, folder } = example(
    "abort",
    'import { writeFileSync } from "node:fs"; writeFileSync("up", ""); setInterval(() => {}, 1e6);',
  );
  const controller = new AbortController();
  const running = runCheck(lab, folder, { signal: controller.signal });
  await until(() => existsSync(join(folder, "up")));
  controller.abort(new Error("enough"));
  await t.rejects(running, { message: "enough" });
  nothingLeft(t, folder);

  rmSync(join(folder, "up"));
  const source = `import { runCheck } from ${JSON.stringify(join(import.meta.dirname, "run-check.ts"))}; await runCheck(JSON.parse(process.argv[1]), process.argv[2]);`;
  const other = spawn(process.execPath, ["--input-type=module", "-e", source, JSON.stringify(lab), folder], {
    stdio: "inherit",
  });
  await until(() => existsSync(join(folder, "up")));
  other.kill("SIGKILL");
  await new Promise((resolve) => other.on("exit", resolve));
  t.ok(await until(() => processesNaming(folder).length === 0), "its processes are gone, too");
  const after = example("after", "");
  t.ok((await runCheck(after.lab, after.folder)).passed);
  t.same(globSync(`/sys/fs/cgroup/{,*/}drydock-lab-${other.pid}-*`), [], "the next check removes its cgroup");
});

t.test("a check that is wrong itself is our bug, not a verdict", async (t) => {
  const { lab, folder } = example("broken", "", "null.x");
  await t.rejects(runCheck(lab, folder), { code: "LAB_CHECK_BROKEN", hint: /not yours/ });
  await t.rejects(runCheck(lab, join(root, "nowhere")), { code: "LAB_NOT_STARTED" });
});

t.test("an edited check is noticed", async (t) => {
  const { lab, folder } = example("edited", "");
  writeFileSync(join(root, "labs", "checksums"), `${await labChecksum(lab)}  edited\n`);
  t.notOk((await runCheck(lab, folder)).checkEdited);
  writeFileSync(join(lab.path, "check.ts"), "export const steps = { one() {}, two() {} };\n");
  const verdict = await runCheck(lab, folder);
  t.ok(verdict.passed && verdict.checkEdited, "the verdict says so");
});

async function until(probe: () => boolean): Promise<boolean> {
  for (let attempt = 0; attempt < 1500; attempt++) {
    if (probe()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

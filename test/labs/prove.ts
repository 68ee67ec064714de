/**
 * The proof of one lab: its untouched start fails with a reason, its solution passes twice in a row, each wrong solution fails where and as its first line says,
 * what the guide shows is what happens, and nothing is left.
 */
import { spawn } from "node:child_process";
import { cpSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import {
  type CheckVerdict,
  type Lab,
  loadLabs,
  makeFolder,
  missingNeeds,
  runCheck,
  sandboxCommand,
} from "@drydock/labs";
import type { Test } from "tap";
import { matchesOutput, observations, sections } from "./guide.ts";

export const labsRoot = resolve(import.meta.dirname, "..", "..", "labs");

/** Labs of which the checks run here, or, with `vm`, those that need the lab VM here. */
export async function labsFor({ vm }: { vm: boolean }): Promise<Lab[]> {
  const chosen: Lab[] = [];
  for (const lab of await loadLabs(labsRoot)) {
    const missing = await missingNeeds(lab.needs);
    if (vm ? missing.length > 0 && missing.every(({ inVm }) => inVm) : missing.length === 0) chosen.push(lab);
  }
  return chosen;
}

/** `short`: without the wrong solutions, the second time and the commands of the guide. */
export async function proveLab(t: Test, lab: Lab, options: { vm: boolean; short?: boolean }): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), `lab-${lab.id}-`));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const folder = join(home, "work");
  await makeFolder(folder, lab);
  const check = (): Promise<CheckVerdict> => runCheck(lab, folder, options);
  const filesBefore = readdirSync(folder).sort();

  const [firstStep] = lab.steps;
  const untouched = await check();
  t.equal(untouched.steps[0]?.state, "failed", `start fails at ${firstStep?.id}`);
  t.match(
    untouched.steps[0]?.reason,
    /expected|was not|is not|did not|no |never/,
    `because: ${untouched.steps[0]?.reason}`,
  );
  t.notOk(untouched.checkEdited, "labs/checksums knows this check (node scripts/lab-checksums.ts)");

  const start = readFileSync(join(folder, lab.edit), "utf8");
  const wrongs = globSync("wrong/*.ts", { cwd: lab.path }).sort();
  t.ok(wrongs.length >= 2, `${wrongs.length} wrong solutions`);
  for (const wrong of options.short ? [] : wrongs) {
    cpSync(join(lab.path, "solution"), folder, { recursive: true });
    cpSync(join(lab.path, wrong), join(folder, lab.edit));
    const [, step, reason = ""] =
      /^\/\/ fails at ([\w-]+): (.*)$/m.exec(readFileSync(join(lab.path, wrong), "utf8")) ?? [];
    const verdict = await check();
    const failed = verdict.steps.find(({ state }) => state === "failed");
    t.equal(failed?.id, step, `${wrong} fails at ${step}`);
    t.ok(reason !== "" && failed?.reason?.includes(reason), `${wrong}: ${failed?.reason}`);
  }

  cpSync(join(lab.path, "solution"), folder, { recursive: true });
  t.not(readFileSync(join(folder, lab.edit), "utf8"), start, "the solution is not the start");
  for (const time of options.short ? ["first"] : ["first", "second"]) {
    const verdict = await check();
    const failed = verdict.steps.find(({ state }) => state === "failed");
    t.ok(verdict.passed, `the solution passes the ${time} time${failed ? `: ${failed.id}: ${failed.reason}` : ""}`);
    t.ok(verdict.contained, "in a sandbox");
  }
  await proveGuide(t, lab, folder, options);

  const added = readdirSync(join(lab.path, "solution"));
  t.same(
    readdirSync(folder).filter((name) => !filesBefore.includes(name) && !added.includes(name)),
    [],
    "no file is left in the folder",
  );
  t.same(leftovers(folder), [], "no process or mount is left");
}

async function proveGuide(
  t: Test,
  lab: Lab,
  folder: string,
  { vm, short = false }: { vm: boolean; short?: boolean },
): Promise<void> {
  const guide = readFileSync(join(lab.path, "README.md"), "utf8");
  t.same(
    sections.filter((section) => !guide.includes(`\n${section}\n`)),
    [],
    "the guide has all sections",
  );
  t.match(guide, /^```text\n/m, "and a drawing");
  const wide = guide.split("\n").filter((line) => line.length > 80 && !/^[$>|]|https?:/.test(line));
  t.same(wide, [], "and fits in 80 columns");
  const shown = observations(guide);
  t.ok(shown.length > 0, "and shows what to observe");
  // In the lab VM the commands would take a boot each: its tests run them where they are, in one go.
  if (vm || short) return;
  for (const { command, expected } of shown) {
    const output = await inSandbox(folder, command);
    t.ok(matchesOutput(output, expected), `$ ${command}`);
    if (!matchesOutput(output, expected)) t.comment(`printed:\n${output}`);
  }
}

/** Standard output and errors of a shell command, in the sandbox of a check. */
function inSandbox(folder: string, command: string): Promise<string> {
  const [file, args] = sandboxCommand({ folder, root: true }, ["bash", "-c", `exec 2>&1; ${command}`]);
  const child = spawn(file, args, {
    cwd: folder,
    // Not a socket: bash would take it for a login from afar and read the user's start-up files.
    stdio: ["ignore", "pipe", "inherit"],
    env: { PATH: `${dirname(labsRoot)}:${process.env.PATH}:/usr/sbin:/sbin`, LANG: "C.UTF-8" },
    timeout: 60_000,
  });
  return text(child.stdout);
}

/** What of the checks in this folder is still on this machine. */
function leftovers(folder: string): string[] {
  const found: string[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      if (command.includes(folder)) found.push(`process ${pid}: ${command}`);
    } catch {
      // It has ended since.
    }
  }
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  found.push(...mounts.filter((line) => line.includes(folder)).map((line) => `mount ${line}`));
  return found;
}

/** Of all checks of this process, when none runs any more. */
export function leftCgroups(): string[] {
  return globSync(`/sys/fs/cgroup/{,*/}drydock-lab-${process.pid}-*`);
}

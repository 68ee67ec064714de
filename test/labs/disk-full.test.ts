/** A full disk takes nothing from a learner: what was there stays, what cannot be written says so, and all goes on when there is room. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { lab } from "./lab-command.ts";

const root = process.getuid?.() === 0 ? false : "mounting needs root";
const LAB = "process-inspector";

// Some ten commands, each of which takes seconds on a machine that is busy.
t.setTimeout(600_000);

t.test("a full disk", { skip: root }, async (t) => {
  const disk = mkdtempSync(join(tmpdir(), "lab-full-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "full", disk]);
  t.teardown(() => {
    execFileSync("umount", [disk]);
    rmSync(disk, { recursive: true });
  });
  const home = join(disk, "home");
  const folder = join(home, "02-linux/01-process-inspector");
  const filler = join(disk, "filler");
  const fill = (): void => {
    try {
      writeFileSync(filler, Buffer.alloc(1 << 20));
    } catch {
      // Full, as it should be.
    }
  };

  fill();
  const early = await lab(home, "start", LAB);
  t.not(early.code, 0);
  t.match(early.err, /LAB_NOT_WRITTEN/);
  t.match(early.err, /make room/);
  t.notOk(existsSync(folder), "no half of a folder");

  rmSync(filler);
  t.equal((await lab(home, "start", LAB)).code, 0, "with room it goes on");
  t.equal((await lab(home, "check", LAB)).code, 1);
  const progress = readFileSync(join(home, "progress.json"), "utf8");
  const files = readdirSync(folder).sort();

  fill();
  const check = await lab(home, "check", LAB);
  t.match(check.out, /NO {3}1\. /, "the verdict is shown");
  t.match(check.err, /LAB_PROGRESS/, "and that it could not be remembered");
  t.equal(readFileSync(join(home, "progress.json"), "utf8"), progress, "what was known is known");
  const reset = await lab(home, "reset", LAB);
  t.match(reset.err, /LAB_NOT_WRITTEN[\s\S]*nothing has been changed|nothing has been changed[\s\S]*LAB_NOT_WRITTEN/);
  t.same(readdirSync(folder).sort(), files, "nothing was moved aside");
  const report = await lab(home, "report", "--file", join(disk, "report.html"));
  t.match(report.err, /LAB_NOT_WRITTEN/);
  t.same(readdirSync(disk).sort(), ["filler", "home"], "no half of a report");
  t.same(
    readdirSync(join(home, "02-linux")).concat(readdirSync(home)).sort(),
    ["01-process-inspector", "02-linux", "progress.json"],
    "and nothing else",
  );

  rmSync(filler);
  t.equal((await lab(home, "reset", LAB)).code, 0);
  t.equal(JSON.parse((await lab(home, "status", LAB, "--json")).out).state, "started");
});

/** A check that is killed, at any moment and whichever of its processes: progress stays right, nothing runs on, and the next check is as any other. */
import { cpSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadLabs } from "@drydock/labs";
import t from "tap";
import { lab, processesNaming, startLabCommand, until } from "./lab-command.ts";
import { labsRoot } from "./prove.ts";

const LAB = "process-inspector";
/** From before there is a sandbox to after the verdict, ms; whatever they meet on this machine. */
const MOMENTS = [40, 250, 500, 800, 1300];

// Some ten commands, each of which takes seconds on a machine that is busy.
t.setTimeout(600_000);

t.test("a killed check", async (t) => {
  const found = (await loadLabs(labsRoot)).find(({ id }) => id === LAB);
  if (!found) throw new Error("the lab of this test is gone");
  const home = mkdtempSync(join(tmpdir(), "lab-killed-"));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const folder = join(home, "02-linux/01-process-inspector");
  t.equal((await lab(home, "start", LAB)).code, 0);
  cpSync(join(found.path, "solution"), folder, { recursive: true });
  const files = readdirSync(folder).sort();
  const tries = (): number => JSON.parse(readFileSync(join(home, "progress.json"), "utf8")).labs[LAB].tries;

  const started: (number | undefined)[] = [];

  for (const moment of MOMENTS) {
    const child = startLabCommand(home, "check", LAB);
    started.push(child.pid);
    const ended = new Promise((done) => child.once("exit", done));
    await new Promise((done) => setTimeout(done, moment));
    child.kill("SIGKILL");
    await ended;
    t.ok(await until(() => processesNaming(folder).length === 0), `killed after ${moment} ms: nothing runs on`);
    t.ok(tries() >= 0, "progress can be read");
  }

  const victims = ["check-process", "unshare", "setpriv"];
  for (const victim of victims) {
    const before = tries();
    const child = startLabCommand(home, "check", LAB);
    started.push(child.pid);
    const ended = new Promise((done) => child.once("exit", done));
    const isVictim = (pid: number): boolean => {
      try {
        const [program = "", script = ""] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return (victim === "check-process" ? script : program).includes(victim);
      } catch {
        // It has ended since.
        return false;
      }
    };
    let killed = false;
    await until(() => {
      for (const pid of processesNaming(folder).filter(isVictim)) {
        process.kill(pid, "SIGKILL");
        killed = true;
      }
      return killed || child.exitCode !== null;
    });
    await ended;
    t.ok(await until(() => processesNaming(folder).length === 0), `${victim} killed: nothing runs on`);
    // Setpriv may have become the next program before it was seen: then this was a check like any other.
    t.ok(tries() === before + 1 || tries() === before, "a verdict counts once");
  }

  t.equal((await lab(home, "check", LAB)).code, 0, "the next check passes");
  t.same(readdirSync(folder).sort(), files, "no file more or less");
  t.notOk(readFileSync("/proc/self/mounts", "utf8").includes(home), "no mount");
  const left = started.flatMap((pid) => globSync(`/sys/fs/cgroup/{,*/}drydock-lab-${pid}-*`));
  t.same(left, [], "no cgroup of a check that has been killed");
});

/** Labs that need no root, as an ordinary user has them: in a sandbox of the user's own, or without one, and then the verdict says so. */
import { execFile } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { runCommand } from "@drydock/kit";
import { loadLabs } from "@drydock/labs";
import t from "tap";
import type { Outcome } from "./lab-command.ts";
import { labsRoot } from "./prove.ts";

const LAB = "process-inspector";
const ID = 20_000 + (process.pid % 10_000);

// Some ten commands, each of which takes seconds on a machine that is busy.
t.setTimeout(600_000);

t.test("an ordinary user", { skip: process.getuid?.() === 0 ? false : "becoming one needs root" }, async (t) => {
  const found = (await loadLabs(labsRoot)).find(({ id }) => id === LAB);
  if (!found) throw new Error("the lab of this test is gone");
  // Not below /tmp: a user's sandbox has an empty one where others, tests as well, have mounted something below it.
  const directory = mkdtempSync("/var/tmp/lab-user-");
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  // The user may not be able to go where this repository is.
  const repository = join(directory, "repository");
  mkdirSync(repository);
  await runCommand("mount", ["--bind", resolve(import.meta.dirname, "../.."), repository]);
  t.teardown(async () => void (await runCommand("umount", [repository])));
  const home = join(directory, "home");
  mkdirSync(home);
  chownSync(home, ID, ID);

  const become = ["--reuid", String(ID), "--regid", String(ID), "--clear-groups", "--"];
  const as = (path: string, ...args: string[]): Promise<Outcome> =>
    new Promise((done) => {
      // By env(1): the test runner's own additions would have Node write into a directory of root's.
      const words = ["-i", `PATH=${path}`, `HOME=${home}`, "NO_COLOR=1", join(repository, "drydock"), "lab", ...args];
      execFile("setpriv", [...become, "env", ...words], { cwd: home }, (error, out, err) =>
        done({ code: error ? Number(error.code ?? -1) : 0, out, err }),
      );
    });
  const user = (...args: string[]): Promise<Outcome> => as("/usr/bin:/bin", ...args);

  t.match((await user("list")).out, new RegExp(LAB));
  const started = await user("start", LAB, "--json");
  t.equal(started.code, 0, started.err);
  const folder = join(home, "drydock-labs/02-linux/01-process-inspector");
  t.equal(JSON.parse(started.out).folder, folder);

  const needsRoot = await user("start", "namespace-diff");
  t.equal(
    needsRoot.code !== 0 && /root[\s\S]*sudo -i/.test(needsRoot.err),
    true,
    "what needs root says so, and how to get it",
  );

  const failed = await user("check", LAB);
  t.equal(failed.code, 1, failed.err);
  t.match(failed.out, /NO {3}1\. /);

  cpSync(join(found.path, "solution"), folder, { recursive: true });
  const passed = await user("check", LAB, "--json");
  t.equal(passed.code, 0, passed.out + passed.err);
  const verdict = JSON.parse(passed.out);
  t.equal(verdict.passed, true);
  if (verdict.contained) {
    // Nothing of the user's is within reach, but the folder.
    writeFileSync(join(home, "mine"), "kept", { mode: 0o666 });
    chownSync(join(home, "mine"), ID, ID);
    const evil = `import { writeFileSync } from "node:fs"; try { writeFileSync(${JSON.stringify(join(home, "mine"))}, "gone"); } catch {} process.kill(-1, "SIGKILL");`;
    writeFileSync(join(folder, "inspect.ts"), evil);
    t.equal((await user("check", LAB)).code, 1);
    t.equal(readFileSync(join(home, "mine"), "utf8"), "kept");
  } else {
    t.comment("this kernel gives the user no namespaces");
  }

  await t.test("where there is no unshare, the verdict says that nothing was contained", async (t) => {
    // A PATH of links to all that there is, but one.
    const bin = join(directory, "bin");
    mkdirSync(bin);
    await runCommand("sh", ["-c", `ln -s /usr/bin/* ${bin}/ && rm ${bin}/unshare`]);
    cpSync(join(found.path, "solution"), folder, { recursive: true });
    const verdict = JSON.parse((await as(bin, "check", LAB, "--json")).out);
    t.match(verdict, { passed: true, contained: false });
  });
  t.ok(existsSync(join(home, "drydock-labs/progress.json")));
});

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import type { PlaygroundSettings } from "./settings.ts";
import { vagrantLines, vagrantOutput } from "./vagrant.ts";

/** What stands in for vagrant here is a script: what matters is how it is called, signalled and waited for. */
function playground(t: { teardown(end: () => void): void }, script: string): PlaygroundSettings {
  const directory = mkdtempSync(join(tmpdir(), "drydock-playground-"));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const program = join(directory, "vagrant");
  writeFileSync(program, `#!/bin/sh\n${script}`, { mode: 0o755 });
  const sizes = { highlyAvailable: false, workers: 2, controlPlaneMemory: 1, workerMemory: 1, network: "192.168.56" };
  return { directory, program, ...sizes };
}

t.test("a signal to us ends vagrant in its own way, and is waited for", async (t) => {
  const settings = playground(
    t,
    `trap 'echo tidied >tidied; exit 1' INT
echo "==> w1: Booting"
while :; do sleep 0.05; done
`,
  );
  const listeners = process.listenerCount("SIGTERM");
  let told = 0;
  const lines: string[] = [];
  const run = vagrantLines(
    settings,
    ["up"],
    (line) => {
      lines.push(line);
      // Sent to this process alone, as by kill(1) or a supervisor.
      process.kill(process.pid, "SIGTERM");
    },
    () => told++,
  );
  await t.rejects(run, { name: "ExitStatus", exitCode: 143 });
  t.strictSame(lines, ["==> w1: Booting"]);
  t.equal(told, 1);
  t.ok(existsSync(join(settings.directory, "tidied")), "it was told once, and has ended");
  t.equal(process.listenerCount("SIGTERM"), listeners, "nothing listens any more");
});

t.test("an error says what is wrong, without the stack of Ruby", async (t) => {
  const settings = playground(
    t,
    `echo "/gems/driver.rb:5:in 'halt': Device or resource busy" >&2; echo "	from /gems/a.rb:1:in 'b'" >&2; exit 1`,
  );
  const expected = { code: "PLAYGROUND_FAILED", message: /exit code 1:\n {2}\/gems.*Device or resource busy$/ };
  await t.rejects(vagrantOutput(settings, ["halt", "w2"]), expected);
  await t.rejects(
    vagrantLines(settings, ["up"], () => {}),
    expected,
  );
  await t.rejects(vagrantOutput({ ...settings, program: join(settings.directory, "none") }, ["status"]), {
    code: "PLAYGROUND_NO_VAGRANT",
  });
});

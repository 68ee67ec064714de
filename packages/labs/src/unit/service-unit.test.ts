import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { pidOfUnit, readUnit, type ServiceUnit, startUnit, stopUnit } from "./service-unit.ts";

const root = mkdtempSync(join(tmpdir(), "lab-unit-"));
t.teardown(() => rmSync(root, { recursive: true, force: true }));

async function until(holds: () => boolean): Promise<boolean> {
  for (let attempt = 0; attempt < 600 && !holds(); attempt++) await new Promise((done) => setTimeout(done, 50));
  return holds();
}

t.test("a unit is started, found, and stopped, also when it is frozen", async (t) => {
  const directory = join(root, "one");
  mkdirSync(directory);
  const [settings, log, pidFile] = ["settings", "log", "pid"].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  const script = 'trap "" TERM; echo "up with $0"; while :; do sleep 0.1; done';
  writeFileSync(
    join(directory, "unit.json"),
    JSON.stringify({ exec: ["sh", "-c", script, settings], settings, log, pidFile }),
  );
  const unit: ServiceUnit = readUnit(root, "one");
  t.equal(pidOfUnit(unit), undefined, "never started");
  startUnit(unit);
  t.teardown(() => stopUnit(unit));
  t.ok(await until(() => readFileSync(log, "utf8") === `up with ${settings}\n`));
  const pid = pidOfUnit(unit);
  t.ok(pid);
  process.kill(pid ?? 0, "SIGSTOP");
  await stopUnit(unit);
  t.equal(pidOfUnit(unit), undefined);
  writeFileSync(pidFile, String(process.pid));
  t.equal(pidOfUnit(unit), undefined, "somebody else's process with its number is not it");
});

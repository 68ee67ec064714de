import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { noteNewDirectories } from "./new-directories.ts";

t.test("after a failed start nothing empty is left, and nothing of anybody else's is gone", async (t) => {
  const base = mkdtempSync(join(tmpdir(), "drydock-new-directories-"));
  t.teardown(() => rmSync(base, { recursive: true, force: true }));
  const dataDir = join(base, "not/there/yet");
  const made = await noteNewDirectories(dataDir);
  for (const name of ["logs", "nodes", "images", "containers"]) mkdirSync(join(dataDir, name), { recursive: true });
  writeFileSync(join(dataDir, "logs/supervisor.log"), "");
  await made.removeEmpty();
  t.notOk(existsSync(join(base, "not")), "nor the directories on the way to it");

  mkdirSync(join(dataDir, "images"), { recursive: true });
  const again = await noteNewDirectories(dataDir);
  mkdirSync(join(dataDir, "logs"));
  mkdirSync(join(dataDir, "nodes"));
  writeFileSync(join(dataDir, "logs/supervisor.log"), "why");
  await again.removeEmpty();
  t.ok(existsSync(join(dataDir, "images")), "it was there before");
  t.ok(existsSync(join(dataDir, "logs/supervisor.log")), "a log with something in it");
  t.notOk(existsSync(join(dataDir, "nodes")));
});

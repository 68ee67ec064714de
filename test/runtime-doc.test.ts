/** The plan in docs/runtime.md is what the command prints: every line of it, in its order, between the places that say `…`. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { runCommand } from "@drydock/kit";
import { findCgroup2 } from "@drydock/linux";
import t from "tap";

const root = resolve(import.meta.dirname, "..");
const drydock = join(root, "drydock");

t.test("docs/runtime.md", async (t) => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "drydock-doc-")));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const box = join(directory, "box");
  mkdirSync(join(box, "rootfs"), { recursive: true });
  await runCommand(drydock, ["runtime", "spec", "--bundle", box, "--", "sh", "-c", "echo hello"]);
  const plan = await runCommand(drydock, ["runtime", "plan", box]);
  // What depends on the machine: where the bundle is, where cgroup2 is mounted, what root may do.
  const printed = plan
    .replaceAll(directory, "/tmp")
    .replaceAll(findCgroup2(), "/sys/fs/cgroup")
    .replaceAll(/(effective|permitted|inheritable) 0x[0-9a-f]+/g, "$1 0x…")
    .trimEnd()
    .split("\n");

  const text = readFileSync(join(root, "docs/runtime.md"), "utf8");
  const shown = /<!-- printed plan[\s\S]*?```\n([\s\S]*?)\n```/.exec(text)?.[1]?.split("\n") ?? [];
  t.ok(shown.length > 20, "there is a plan in the document");
  let at = 0;
  let gap = false;
  for (const line of shown) {
    if (line.trim() === "…") {
      gap = true;
      continue;
    }
    const found = printed.indexOf(line, at);
    t.ok(found >= 0 && (gap || found === at), `printed: ${line}`);
    at = found + 1;
    gap = false;
  }
  t.ok(gap || at === printed.length, "to the end");
});

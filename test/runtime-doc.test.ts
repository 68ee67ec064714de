/**
 * The plan in docs/runtime.md is what the command prints: every line of it, in its order, between the places that say `…`.
 * `UPDATE_PLANS=1 node test/runtime-doc.test.ts` gives the lines that are shown their new numbers, drops those that no
 * longer exist, and puts `…` where others have come in between; what else is worth showing is for the author to add.
 */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
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

  const document = join(root, "docs/runtime.md");
  const block = /(<!-- printed plan[\s\S]*?```\n)([\s\S]*?)(\n```)/;
  if (process.env.UPDATE_PLANS) {
    const update = (_: string, head: string, lines: string, tail: string): string =>
      head + renumbered(lines.split("\n"), printed).join("\n") + tail;
    writeFileSync(document, readFileSync(document, "utf8").replace(block, update));
  }
  const shown = block.exec(readFileSync(document, "utf8"))?.[2]?.split("\n") ?? [];
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

/** The lines that are shown, as they are printed now. */
function renumbered(shown: string[], printed: string[]): string[] {
  const withoutNumber = (line: string): string => line.replace(/^ *\d+/, "").trim();
  const calls = printed.map(withoutNumber);
  const lines: string[] = [];
  let at = 0;
  for (const line of shown) {
    const found = line.trim() === "…" ? -1 : calls.indexOf(withoutNumber(line), at);
    if (found > at) lines.push("…");
    if (found >= 0) lines.push(printed[found] as string);
    if (found >= 0) at = found + 1;
  }
  return at < printed.length ? [...lines, "…"] : lines;
}

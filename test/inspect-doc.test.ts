/**
 * The lesson in docs/inspect.md is true: its commands are run in their order, and each line of the output that it shows is in what they print, in its
 * order. Numbers may differ, and `…` stands for anything.
 */
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import t from "tap";
import { outcomeOf } from "./e2e/cli/drydock.ts";

const root = resolve(import.meta.dirname, "..");

interface Step {
  commands: string;
  /** What the document shows of their output. */
  shown?: string[];
}

function stepsOf(document: string): Step[] {
  const steps: Step[] = [];
  for (const [, language, text = ""] of document.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)) {
    const last = steps.at(-1);
    if (language === "sh") steps.push({ commands: text });
    else if (last) last.shown = text.trimEnd().split("\n");
  }
  return steps;
}

function patternOf(line: string): RegExp {
  const parts = line.split("…").map((part) =>
    part
      .split(/\d+/)
      .map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll(/ {2,}/g, " +"))
      .join("\\d+"),
  );
  return new RegExp(`^${parts.join(".*")}$`);
}

/** The first line of `shown` that is not in `printed` where it should be. */
function missing(shown: readonly string[], printed: readonly string[]): string | undefined {
  let at = 0;
  let gap = false;
  for (const line of shown) {
    if (line === "…") {
      gap = true;
      continue;
    }
    const found = printed.findIndex((one, index) => index >= at && patternOf(line).test(one));
    if (found < 0 || (!gap && found !== at)) return line;
    at = found + 1;
    gap = false;
  }
  return gap || at === printed.length ? undefined : "the end";
}

t.test("docs/inspect.md", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "drydock-lesson-"));
  const id = `lesson-${process.pid}`;
  const env = { ...process.env, PATH: `${root}:${process.env.PATH}` };
  let count = 0;
  const run = async (commands: string): Promise<{ code: number; printed: string }> => {
    // A file, not a pipe: what is started in the background keeps its output open.
    const file = join(directory, `output-${count++}`);
    const fd = openSync(file, "w");
    const child = spawn("sh", ["-e", "-c", commands], { cwd: directory, env, stdio: ["ignore", fd, fd] });
    closeSync(fd);
    const { code } = await outcomeOf(child);
    return { code, printed: readFileSync(file, "utf8") };
  };
  t.teardown(async () => {
    await run(`drydock runtime delete --force ${id}`);
    rmSync(directory, { recursive: true, force: true });
  });

  const steps = stepsOf(readFileSync(join(root, "docs/inspect.md"), "utf8"));
  t.ok(steps.length > 6 && steps.filter(({ shown }) => shown).length > 4, "there is a lesson");
  for (const { commands, shown } of steps) {
    const { code, printed } = await run(commands.replaceAll(/\bc1\b/g, id));
    const what = commands.trim().split("\n").at(-1);
    if (printed.includes("INSPECT_NO_CONTROLLER")) {
      t.comment(`${what}: no cgroup of this machine can do it`);
      continue;
    }
    // The command that is held to 5 processes is a shell that cannot fork, and says so by its exit code.
    const lost = shown && missing(shown, printed.trimEnd().split("\n"));
    const isAsTold = t.equal(code, commands.includes("--pids 5") ? 2 : 0, `${what}: exit code`);
    if (!t.equal(lost, undefined, `${what}: output`) || !isAsTold) t.comment(printed);
  }
});

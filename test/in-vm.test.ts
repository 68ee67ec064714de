/**
 * Tests that need cgroup v2 with its controllers are called `*.vmtest.ts` and stand beside their source. They run here: on the host where
 * that has what they need, else all of them in one boot of the lab VM.
 */
import { globSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Writable } from "node:stream";
import { chooseEngine } from "@drydock/vm";
import t from "tap";

const root = resolve(import.meta.dirname, "..");
const files = globSync("packages/*/src/**/*.vmtest.ts", { cwd: root }).sort();

class Collector extends Writable {
  text = "";
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

let engine: Awaited<ReturnType<typeof chooseEngine>> | undefined;
let missing: string | undefined;
try {
  engine = await chooseEngine();
} catch (error) {
  missing = (error as Error).message;
}

t.test("tests that need cgroup v2", missing ? { skip: missing } : {}, async (t) => {
  t.ok(files.length > 0, "there are some");
  const output = new Collector();
  const script = files
    .map((file) => `echo "=== ${file}"; '${process.execPath}' '${file}'; echo "=== exit $?"`)
    .join("\n");
  const result = await engine?.run({
    command: ["sh", "-c", script],
    cwd: root,
    // TAP_* of the outer runner would make the inner tests report to it.
    env: {
      PATH: `${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      TAP: "1",
    },
    memoryMiB: 2048,
    timeoutMs: 220_000,
    stdout: output,
    stderr: output,
  });
  t.comment(`ran with engine ${result?.engine}`);
  const sections = output.text.split(/^=== (?!exit)/m).slice(1);
  t.equal(sections.length, files.length, "every file ran");
  for (const section of sections) {
    const [file = "", ...lines] = section.split("\n");
    const code = lines.findLast((line) => line.startsWith("=== exit "));
    const passed = lines.filter((line) => /^\s*ok \d+/.test(line)).length;
    t.ok(code === "=== exit 0" && passed > 0, `${file}: ${passed} passed`);
    if (code !== "=== exit 0") t.comment(lines.join("\n"));
  }
});

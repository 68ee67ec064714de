/** What the checks of this milestone have in common: they run the learner's doctor.ts on a broken cluster and judge what it says. */
import type { CheckTools } from "@drydock/labs";

/** What doctor.ts printed about the cluster of this kubeconfig, line by line and sorted; fails the step when it did not end well. */
export async function askDoctor(
  t: CheckTools,
  env: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<string[]> {
  const { code, stdout, stderr, timedOut } = await t.run("doctor.ts", args, { env, timeoutMs: 90_000 });
  if (timedOut) throw t.wrong("doctor.ts did not end within 90 s, expected it to look once and end");
  if (code !== 0) {
    const lines = stderr.trim().split("\n");
    const error =
      lines.find((line) => /^\[?\w*Error\b/.test(line)) ?? lines.find((line) => /Error: /.test(line)) ?? lines.at(-1);
    throw t.wrong(
      `doctor.ts ended with ${code}, expected 0: ${error}`,
      "run it by hand: the guide says how to get something to run it on",
    );
  }
  return stdout
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .sort();
}

/** Says the first finding that is missing, or that is one too many. Lines begin with what they are about. */
export function expectFindings(
  t: CheckTools,
  seen: readonly string[],
  expected: readonly string[],
  hint: string,
): void {
  const missing = [...expected].sort().find((line) => !seen.includes(line));
  if (missing !== undefined) {
    const subject = missing.split(" ")[0];
    const said = seen.find((line) => line.split(" ")[0] === subject && !expected.includes(line));
    throw t.wrong(`it says ${said ? `"${said}"` : `nothing of ${subject}`}, expected "${missing}"`, hint);
  }
  const extra = seen.find((line) => !expected.includes(line));
  if (extra !== undefined) throw t.wrong(`it says "${extra}", expected no such line: nothing is wrong there`, hint);
}

/** What a validation program of opencontainers/runtime-tools says about a runtime. */
export interface Verdict {
  passed: boolean;
  /** Assertions that hold. */
  ok: number;
  /** What does not hold, in the program's words; without assertions the reason why it could not run. */
  failures: string[];
}

/** How a program ended: its TAP on stdout, and what it said beside that. */
export interface ProgramEnd {
  stdout: string;
  stderr: string;
  /** Undefined: it took too long. */
  code: number | undefined;
}

/**
 * The exit code tells little: programs end with 0 after failed assertions. `not ok` lines decide. Some programs have no
 * assertions at all and print what went wrong as the field `error` of a comment, and others end with an error before the
 * first.
 */
export function judge({ stdout, stderr, code }: ProgramEnd): Verdict {
  const lines = stdout.split("\n");
  const ok = lines.filter((line) => /^ok\b/.test(line)).length;
  const failures = lines.filter((line) => /^not ok\b/.test(line)).map((line) => line.replace(/^not ok \d* ?-? ?/, ""));
  if (code === undefined) failures.push("took too long");
  else if (ok + failures.length === 0) failures.push(...withoutAssertions(lines, stderr, code));
  return { passed: failures.length === 0, ok, failures };
}

function withoutAssertions(lines: string[], stderr: string, code: number): string[] {
  const errors = lines.flatMap((line) => /^\s*"error": "(.+)",?$/.exec(line)?.[1]?.split("\\n")[0] ?? []);
  if (errors.length > 0 || code === 0) return errors;
  const said = stderr.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("failed to "));
  return [said[0]?.replace(/^time="[^"]*" level=\w+ msg="?/, "") ?? `ended with ${code}`];
}

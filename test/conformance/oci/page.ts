import type { Verdict } from "./judge.ts";
import { reasons } from "./reasons.ts";

export interface Row {
  name: string;
  ours: Verdict;
  theirs: Verdict;
}

export function sums(rows: readonly Row[]): { passed: { drydock: number; runc: number }; behind: string[] } {
  return {
    passed: {
      drydock: rows.filter(({ ours }) => ours.passed).length,
      runc: rows.filter(({ theirs }) => theirs.passed).length,
    },
    behind: rows.filter(({ ours, theirs }) => theirs.passed && !ours.passed).map(({ name }) => name),
  };
}

/** docs/conformance.md. `peer`: what runc says that it is. */
export function conformancePage(rows: readonly Row[], peer: string): string {
  const cell = (verdict: Verdict): string => (verdict.passed ? "pass" : "fails");
  const lines = rows.map(({ name, ours, theirs }) => {
    const why = ours.passed ? "" : (reasons[name] ?? [...new Set(ours.failures)].slice(0, 2).join("; "));
    return `| ${name} | ${cell(ours)} | ${cell(theirs)} | ${why.replaceAll("|", "\\|").slice(0, 300)} |`;
  });
  const { passed, behind } = sums(rows);
  const more =
    behind.length === 0 ? "Whatever runc passes, Drydock passes too." : `Only runc passes ${behind.join(", ")}.`;
  return `# Conformance

The validation programs of [opencontainers/runtime-tools](https://github.com/opencontainers/runtime-tools), each run against
\`bin/drydock-runtime\` and ${peer}. A program passes when none of its assertions fails; its exit code says little. This page
is written by \`npm run conformance -- --record\` (as root, with Go; a quarter of an hour).

Drydock passes ${passed.drydock} of ${rows.length} programs, runc ${passed.runc}. ${more}

| program | drydock | runc | why not |
|---|---|---|---|
${lines.join("\n")}
`;
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { runCommand } from "@drydock/kit";
import { readMountinfo } from "@drydock/linux";
import { judge, type ProgramEnd, type Verdict } from "./judge.ts";
import type { ValidationTools } from "./validation-tools.ts";

const timeoutMs = 120_000;

/** The executables that are compared, by the name of their column. */
export const runtimes = {
  drydock: resolve(import.meta.dirname, "../../../bin/drydock-runtime"),
  runc: "runc",
} as const;
export type RuntimeName = keyof typeof runtimes;

/** Runs programs one after the other against one runtime, with a state directory of its own; leaves no container behind. */
export async function runPrograms(
  tools: ValidationTools,
  runtime: RuntimeName,
  names: readonly string[],
  onVerdict: (name: string, verdict: Verdict) => void = () => {},
): Promise<Map<string, Verdict>> {
  const directory = await mkdtemp(join(tmpdir(), "drydock-conformance-"));
  const root = join(directory, "state");
  const verdicts = new Map<string, Verdict>();
  try {
    // The programs know a command without options.
    const command = join(directory, "runtime");
    await writeFile(command, `#!/bin/sh\nexec ${runtimes[runtime]} --root ${root} "$@"\n`);
    await chmod(command, 0o755);
    for (const name of names) {
      const program = tools.programs.get(name);
      if (program === undefined)
        throw new Error(`no program ${name}; there are: ${[...tools.programs.keys()].join(" ")}`);
      // Their bundles are made in TMPDIR, and some stay there.
      const verdict = judge(await runProgram(program, tools.directory, { RUNTIME: command, TMPDIR: directory }));
      verdicts.set(name, verdict);
      onVerdict(name, verdict);
    }
  } finally {
    for (const id of await readdir(root).catch(() => [])) {
      // A container that a failed program has left.
      if (!id.startsWith(".")) await runCommand(runtimes[runtime], ["--root", root, "delete", "--force", id]);
    }
    // Without a mount namespace some runtimes mount on the host, and leave it there.
    const left = readMountinfo().filter(({ mountPoint }) => mountPoint.startsWith(directory));
    for (const { mountPoint } of left.reverse()) await runCommand("umount", ["--lazy", mountPoint]);
    await rm(directory, { recursive: true, force: true });
  }
  return verdicts;
}

async function runProgram(program: string, cwd: string, env: Record<string, string>): Promise<ProgramEnd> {
  const child = spawn(program, [], { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const end = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    end.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    end.stderr += text;
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  // A container that hangs may hold the streams of the program: its exit counts, not their end.
  const [code] = (await once(child, "exit")) as [number | null];
  clearTimeout(timer);
  child.stdout.destroy();
  child.stderr.destroy();
  return { ...end, code: code ?? undefined };
}

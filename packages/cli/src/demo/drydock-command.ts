import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { defineErrors } from "@drydock/kit";
import type { Narrator } from "./narrator.ts";

const failure = defineErrors({ DEMO_COMMAND_FAILED: "a command that a demo ran ended with an error" });

/** Runs `drydock` the way the reader would: its own process, the same command line, all output shown. */
export class DrydockCommand {
  readonly #narrator: Narrator;
  readonly #globalArgs: readonly string[];

  /** `globalArgs` go to every call and are not shown: where this demo keeps its data is of no interest to the reader. */
  constructor(narrator: Narrator, globalArgs: readonly string[]) {
    this.#narrator = narrator;
    this.#globalArgs = globalArgs;
  }

  /** Resolves with stdout. `show: false` keeps output out of the story, `keep` lines of it at most are shown. */
  async run(args: readonly string[], options: { keep?: number; signal?: AbortSignal } = {}): Promise<string> {
    this.#narrator.command(["drydock", ...args].map(quoted).join(" "));
    const { keep = Number.POSITIVE_INFINITY, signal } = options;
    const child = spawn(
      process.execPath,
      [...process.execArgv, process.argv[1] as string, ...args.slice(0, 1), ...this.#globalArgs, ...args.slice(1)],
      {
        stdio: ["ignore", "pipe", "pipe"],
        ...(signal ? { signal } : {}),
      },
    );
    const shown: string[] = [];
    const stdout: string[] = [];
    const relay = async (stream: NodeJS.ReadableStream, lines: string[]): Promise<void> => {
      for await (const line of createInterface({ input: stream })) {
        lines.push(line);
        if (lines.length <= keep) this.#narrator.saw(line);
      }
    };
    const ended = new Promise<number>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, killedBy) => resolve(code ?? (killedBy ? 128 : 1)));
    });
    await Promise.all([relay(child.stdout, stdout), relay(child.stderr, shown)]);
    const code = await ended;
    signal?.throwIfAborted();
    if (code !== 0) {
      throw failure("DEMO_COMMAND_FAILED", `drydock ${args.join(" ")} ended with exit code ${code}`, {
        hint: "what it said stands above",
        details: { args, code, stderr: shown.slice(-20) },
      });
    }
    return stdout.join("\n");
  }
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

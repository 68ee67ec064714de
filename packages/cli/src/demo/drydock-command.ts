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

  /** Resolves with stdout, when the command has ended well. */
  async run(args: readonly string[], options: { signal?: AbortSignal } = {}): Promise<string> {
    this.#narrator.command(["drydock", ...args].map(quoted).join(" "));
    const { signal } = options;
    const [command = "", ...rest] = args;
    const child = spawn(
      process.execPath,
      [...process.execArgv, process.argv[1] as string, command, ...this.#globalArgs, ...rest],
      {
        stdio: ["ignore", "pipe", "pipe"],
        // The reader may have a cluster of their own on the usual port.
        env: { ...process.env, DRYDOCK_PORT: "0" },
      },
    );
    // The command cleans up after itself when it is interrupted, so it gets the time to do so.
    const interrupt = (): unknown => child.kill("SIGINT");
    signal?.addEventListener("abort", interrupt, { once: true });
    const stdout: string[] = [];
    const stderr: string[] = [];
    const relay = async (stream: NodeJS.ReadableStream, lines: string[]): Promise<void> => {
      for await (const line of createInterface({ input: stream })) {
        lines.push(line);
        this.#narrator.saw(line);
      }
    };
    const ended = new Promise<number>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, killedBy) => resolve(code ?? (killedBy ? 128 : 1)));
    });
    const [code] = await Promise.all([ended, relay(child.stdout, stdout), relay(child.stderr, stderr)]);
    signal?.removeEventListener("abort", interrupt);
    signal?.throwIfAborted();
    if (code !== 0) {
      throw failure("DEMO_COMMAND_FAILED", `drydock ${args.join(" ")} ended with exit code ${code}`, {
        hint: "what it said stands above",
        details: { args, code, stderr: stderr.slice(-20) },
      });
    }
    return stdout.join("\n");
  }
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

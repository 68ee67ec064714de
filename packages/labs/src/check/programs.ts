import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { Ended, Running, RunOptions } from "./check-tools.ts";
import { checkEnvironment } from "./environment.ts";

const DEFAULT_TIMEOUT_MS = 10_000;
/** Of each stream: a program that prints without end fills no memory. */
const MOST_OUTPUT = 4 << 20;

/** Starts programs in the learner's folder and keeps account of them. Loaded by the process that checks, which has to start quickly: Node's own modules only. */
export class Programs {
  readonly #folder: string;
  readonly #environment: Record<string, string>;
  readonly #children = new Set<ChildProcess>();
  #runningSince = 0;
  #learnerMs = 0;

  constructor(folder: string, scratch: string) {
    this.#folder = folder;
    // A check runs the same file many times: types are taken out of it once.
    this.#environment = { ...checkEnvironment(), NODE_COMPILE_CACHE: `${scratch}/.lab/node` };
  }

  /** While at least one program ran, ms. */
  get learnerMs(): number {
    return this.#learnerMs + (this.#children.size > 0 ? performance.now() - this.#runningSince : 0);
  }

  async start(file: string, args: readonly string[] = [], options: RunOptions = {}): Promise<Running> {
    const [program, words] = file.endsWith(".ts")
      ? [process.execPath, [join(this.#folder, file), ...args]]
      : [file, [...args]];
    const child = spawn(program, words, {
      cwd: options.cwd ?? this.#folder,
      env: { ...this.#environment, ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
      // A group of its own, so that what it starts goes with it.
      detached: true,
    });
    if (this.#children.size === 0) this.#runningSince = performance.now();
    this.#children.add(child);
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (chunk: string) => {
        if (output[name].length < MOST_OUTPUT) output[name] += chunk;
      });
    }
    // A program that does not read its input has every right to.
    child.stdin.on("error", () => {});
    let startError: Error | undefined;
    const ended = new Promise<Ended>((resolve) => {
      const settle = (code: number | null, signal: string | null): void => {
        if (!this.#children.delete(child)) return;
        if (this.#children.size === 0) this.#learnerMs += performance.now() - this.#runningSince;
        resolve({ code: code ?? undefined, signal: signal ?? undefined, timedOut: false, ...output });
      };
      child.on("error", (error) => {
        startError = error;
        settle(null, null);
      });
      // Not "close": a grandchild in the background may keep the pipes open for ever.
      child.on("exit", (code, signal) => {
        const drained = Promise.all([drainedOrLate(child.stdout), drainedOrLate(child.stderr)]);
        void drained.then(() => settle(code, signal));
      });
    });
    await new Promise<void>((resolve) => child.once("spawn", resolve).once("error", () => resolve()));
    if (startError || child.pid === undefined) throw startError ?? new Error(`${program} did not start`);
    return {
      pid: child.pid,
      ended,
      get stdout() {
        return output.stdout;
      },
      get stderr() {
        return output.stderr;
      },
      kill: (signal) => {
        child.kill(signal);
      },
      write: (text) => {
        child.stdin.write(text);
      },
      closeInput: () => {
        child.stdin.end();
      },
    };
  }

  async run(file: string, args: readonly string[] = [], options: RunOptions = {}): Promise<Ended> {
    const running = await this.start(file, args, options);
    if (options.input !== undefined) running.write(options.input);
    running.closeInput();
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(running.pid);
    }, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const ended = await running.ended;
    clearTimeout(timer);
    // What it has left in the background is not wanted any more.
    killGroup(running.pid);
    return { ...ended, timedOut };
  }

  killAll(): void {
    for (const { pid } of this.#children) if (pid !== undefined) killGroup(pid);
  }
}

/** The rest of a stream after its writer has gone; 200 ms when another process still holds it. */
function drainedOrLate(stream: NodeJS.ReadableStream & { readableEnded?: boolean }): Promise<void> {
  return new Promise((resolve) => {
    if (stream.readableEnded) return resolve();
    const timer = setTimeout(resolve, 200);
    stream.once("end", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The whole group has ended already.
  }
}

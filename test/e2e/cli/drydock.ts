import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const launcher = resolve(import.meta.dirname, "../../../drydock");

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** `drydock` as a user types it, on a data directory of its own. */
export class Drydock {
  readonly dataDir: string;

  constructor(dataDir: string) {
    this.dataDir = dataDir;
  }

  static async make(name: string): Promise<Drydock> {
    return new Drydock(await mkdtemp(`/tmp/drydock-test-${name}-`));
  }

  spawn(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
    const separator = args.indexOf("--");
    const own = separator < 0 ? args : args.slice(0, separator);
    const rest = separator < 0 ? [] : args.slice(separator);
    return spawn(launcher, [...own, "--data-dir", this.dataDir, ...rest], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, DRYDOCK_LOG_LEVEL: "debug", ...env },
    });
  }

  /** Runs a command to its end; one that hangs is killed and ends with code 124. */
  run(args: readonly string[], { input = "", timeoutMs = 60_000, env = {} }: RunOptions = {}): Promise<Outcome> {
    const child = this.spawn(args, env);
    child.stdin?.on("error", () => {}).end(input);
    return outcomeOf(child, timeoutMs);
  }

  /** Like `run`; throws with everything that was said when the command fails. */
  async ok(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, options);
    if (code !== 0) throw new Error(`drydock ${args.join(" ")} ended with ${code}\n${stdout}\n${stderr}`);
    return stdout;
  }

  async json<T>(args: readonly string[]): Promise<T> {
    return JSON.parse(await this.ok([...args, "-o", "json"])) as T;
  }

  path(...parts: string[]): string {
    return join(this.dataDir, ...parts);
  }

  /** For t.teardown: whatever state the test has left the cluster in. */
  async destroy(): Promise<void> {
    await this.run(["down", "--purge"]);
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

export interface RunOptions {
  input?: string;
  timeoutMs?: number;
  env?: Record<string, string>;
}

export function outcomeOf(child: ChildProcess, timeoutMs = 60_000): Promise<Outcome> {
  return new Promise((done) => {
    let stdout = "";
    let stderr = "";
    let late = false;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      done({ code: late ? 124 : (code ?? (signal === "SIGKILL" ? 137 : 128)), stdout, stderr });
    });
  });
}

/** The lines that a command prints while it runs; stop it with `child.kill()`. */
export function linesOf(child: ChildProcess): AsyncIterator<string> {
  if (!child.stdout) throw new Error("its output is not piped");
  return createInterface({ input: child.stdout })[Symbol.asyncIterator]();
}

/** The next line for which `wanted` holds; throws when the output ends before. */
export async function lineWith(lines: AsyncIterator<string>, wanted: (line: string) => boolean): Promise<string> {
  for (;;) {
    const { value, done } = await lines.next();
    if (done) throw new Error("the output ended before the line that was waited for");
    if (wanted(value)) return value;
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { labError } from "../errors.ts";

/** What the process of the control plane is told. */
export interface ControlPlaneConfig {
  pkiDirectory: string;
  /** https://127.0.0.1:2379 */
  etcd: string;
  port: number;
  auditFile: string;
  without: readonly string[];
  nodeMonitorGraceMs: number;
  podEvictionSeconds: number;
  verbose: boolean;
}

const ERRORS_KEPT = 2000;

/** The process of control-plane-process.ts. Made before its configuration is known: Node loads its code meanwhile. */
export class ControlPlane {
  readonly #verbose: boolean;
  #child: ChildProcess;

  constructor(verbose: boolean) {
    this.#verbose = verbose;
    this.#child = this.#spawn();
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when the API server answers. Throws LAB_CLUSTER with what the process said last. */
  async start(config: ControlPlaneConfig): Promise<void> {
    if (hasEnded(this.#child)) this.#child = this.#spawn();
    const child = this.#child;
    let errors = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      errors = (errors + text).slice(-ERRORS_KEPT);
      if (this.#verbose) process.stderr.write(text);
    });
    child.stdin?.write(`${JSON.stringify(config)}\n`);
    await new Promise<void>((ready, failed) => {
      child.stdout?.once("data", () => ready());
      child.once("error", failed);
      child.once("exit", (code, signal) =>
        failed(
          labError("LAB_CLUSTER", `the control plane ended while it started: ${signal ?? `exit code ${code}`}`, {
            details: { errors },
            hint: errors.trim().split("\n").slice(0, 4).join(" "),
          }),
        ),
      );
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (hasEnded(child)) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  #spawn(): ChildProcess {
    const child = spawn(process.execPath, [resolve(import.meta.dirname, "control-plane-process.ts")], {
      stdio: ["pipe", "pipe", "pipe"],
      // A session of its own: a terminal's Ctrl-C is ours to answer, and the scheduler gives it a share of its own beside us.
      detached: true,
    });
    // It may be killed while we write.
    child.stdin.on("error", () => {});
    return child;
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

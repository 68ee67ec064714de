import type { LabCluster, LabClusterOptions } from "../cluster/lab-cluster.ts";
import type { EtcdCluster } from "./etcd/etcd-cluster.ts";

/** How a program of the learner ended. */
export interface Ended {
  /** Undefined when a signal ended it. */
  code: number | undefined;
  signal: string | undefined;
  /** It was still running when its time was over, and was killed. */
  timedOut: boolean;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string;
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  /** 10,000 unless stated. */
  timeoutMs?: number;
}

/** A program of the learner that is meant to go on running. It is killed at the end of the check. */
export interface Running {
  readonly pid: number;
  /** What it has written so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Settles when it has ended; never rejects. */
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
  write(text: string): void;
  closeInput(): void;
}

/** What a check gets: enough to run what the learner wrote and to say what it saw. Everything else it sees with its own eyes, in /proc and /sys. */
export interface CheckTools {
  /** The learner's folder. */
  readonly folder: string;
  /** An empty tmpfs of this check: the one place where overlayfs takes its upper directory. */
  readonly scratch: string;
  /** Runs a program to its end. Files are found below the learner's folder, programs in PATH; `.ts` files by Node. */
  run(file: string, args?: readonly string[], options?: RunOptions): Promise<Ended>;
  start(file: string, args?: readonly string[], options?: RunOptions): Promise<Running>;
  /** Asks `probe` until it gives something, every 20 ms. Undefined when it has not within `timeoutMs` (5,000). */
  until<T>(
    probe: () => T | undefined | false | Promise<T | undefined | false>,
    timeoutMs?: number,
  ): Promise<T | undefined>;
  /** A control plane with a real etcd and API server, of which parts may be left out for the learner's to take their place. Ended with the check. */
  cluster(options?: Omit<LabClusterOptions, "directory">): Promise<LabCluster>;
  /** A real etcd of one member, unless stated, with empty data, and when all of its members answer. Ends with the check. */
  etcd(members?: number): Promise<EtcdCluster>;
  /** A word that nobody can know beforehand. */
  word(): string;
  /** A whole number in [from, to) that nobody can know beforehand. */
  number(from: number, to: number): number;
  /** Done at the end of the check, last first: for what outlives processes and mounts, as cgroups do. */
  defer(undo: () => void | Promise<void>): void;
  /** `throw t.wrong("what was seen, what was expected", "where to look")`. */
  wrong(reason: string, hint?: string): Error;
}

/** One function for each step of lab.yaml, by its id. It passes unless it throws `t.wrong(…)`. */
export type LabCheck = Readonly<Record<string, (t: CheckTools) => void | Promise<void>>>;

import { errnoText } from "@drydock/linux";
import { counted } from "../counted.ts";
import { type Family, families, familyOf, otherFamily } from "./families.ts";
import type { TraceEvent } from "./parse-strace.ts";

export interface CallCount {
  name: string;
  calls: number;
  /** From entry to return, waiting included. */
  seconds: number;
  /** How many failed, by errno. */
  errors: Record<string, number>;
}

export interface TraceSummary {
  calls: number;
  /** Processes and threads that made a call. */
  processes: number;
  programs: string[];
  signals: Record<string, number>;
  families: { family: string; about: string; calls: number; errors: number; seconds: number; members: CallCount[] }[];
}

/** Counts calls as they come: a long trace is never in memory as a whole. */
export class TraceCounter {
  readonly #counts = new Map<string, CallCount>();
  readonly #pids = new Set<number>();
  readonly #programs: string[] = [];
  readonly #signals: Record<string, number> = {};

  add(event: TraceEvent): void {
    this.#pids.add(event.pid);
    if (event.type === "signal") this.#signals[event.signal] = (this.#signals[event.signal] ?? 0) + 1;
    if (event.type !== "call") return;
    const count = this.#counts.get(event.name) ?? { name: event.name, calls: 0, seconds: 0, errors: {} };
    this.#counts.set(event.name, count);
    count.calls += 1;
    count.seconds += event.seconds;
    if (event.errno !== undefined) count.errors[event.errno] = (count.errors[event.errno] ?? 0) + 1;
    if (event.name === "execve" && event.errno === undefined) {
      const program = /^"((?:[^"\\]|\\.)*)"/.exec(event.args)?.[1];
      if (program !== undefined) this.#programs.push(program);
    }
  }

  summary(): TraceSummary {
    const all = [...this.#counts.values()];
    const groups = [...families, otherFamily].flatMap((family: Family) => {
      const members = all.filter(({ name }) => familyOf(name) === family).sort((a, b) => b.calls - a.calls);
      if (members.length === 0) return [];
      const sum = (of: (one: CallCount) => number): number => members.reduce((total, one) => total + of(one), 0);
      return [
        {
          family: family.name,
          about: family.about,
          calls: sum(({ calls }) => calls),
          errors: sum(({ errors }) => errorCount(errors)),
          seconds: Number(sum(({ seconds }) => seconds).toFixed(6)),
          members: members.map((one) => ({ ...one, seconds: Number(one.seconds.toFixed(6)) })),
        },
      ];
    });
    return {
      calls: all.reduce((total, { calls }) => total + calls, 0),
      processes: this.#pids.size,
      programs: this.#programs,
      signals: this.#signals,
      families: groups.sort((a, b) => b.calls - a.calls),
    };
  }
}

export function errorCount(errors: Readonly<Record<string, number>>): number {
  return Object.values(errors).reduce((total, count) => total + count, 0);
}

/** A sentence about what a family came to in this run. Pure. */
export function familySentence({ about, members }: TraceSummary["families"][number]): string {
  const most = members.slice(0, 3).map(({ name, calls }) => `${name} ${calls}`);
  const rest = members.length - most.length;
  const failed = new Map<string, number>();
  for (const { errors } of members) {
    for (const [errno, count] of Object.entries(errors)) failed.set(errno, (failed.get(errno) ?? 0) + count);
  }
  const causes = [...failed].sort((a, b) => b[1] - a[1]).slice(0, 2);
  const errors = causes.map(([errno, count]) => `${count} ended with ${errno} (${errnoText(errno)})`);
  const named = `${most.join(", ")}${rest > 0 ? ` and ${counted(rest, "other call", "other calls")}` : ""}`;
  return `${about}: ${named}${errors.length > 0 ? `; ${errors.join(", ")}` : ""}`;
}

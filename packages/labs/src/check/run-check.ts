import { resolve } from "node:path";
import { pathExists } from "@drydock/kit";
import { checkIsEdited } from "../catalog/checksums.ts";
import type { Lab } from "../catalog/lab.ts";
import { labError } from "../errors.ts";
import { checkOnHost } from "./on-host.ts";
import { SCRATCH } from "./sandbox-script.ts";
import { type CheckEvent, type CheckVerdict, stepVerdicts } from "./verdict.ts";

export interface CheckOptions {
  /** Runs in the lab VM. */
  vm?: boolean;
  signal?: AbortSignal;
}

/** How the process that checks ended. */
export interface CheckEnding {
  events: CheckEvent[];
  how: "ended" | "killed" | "timeout";
  contained: boolean;
  where: string;
  /** The end of what it wrote to its standard error. */
  errors: string;
}

/** One way to run the command of a check, contained, for at most `limitMs`. */
export type CheckPlace = (request: {
  command: readonly string[];
  /** How many words at the end of the command are names of steps. */
  steps: number;
  folder: string;
  limitMs: number;
  signal?: AbortSignal;
}) => Promise<CheckEnding>;

/**
 * Checks what the learner has in `folder`. Whatever happens to the learner's program, and to the process that checks, gives a verdict; throws LAB_NOT_STARTED, and LAB_CHECK_BROKEN
 * when the check itself is wrong.
 */
export async function runCheck(lab: Lab, folder: string, options: CheckOptions = {}): Promise<CheckVerdict> {
  const started = performance.now();
  if (!(await pathExists(resolve(folder, lab.edit)))) {
    throw labError("LAB_NOT_STARTED", `${folder} has no ${lab.edit}`, { hint: `drydock lab start ${lab.id}` });
  }
  const command = [
    process.execPath,
    resolve(import.meta.dirname, "check-process.ts"),
    resolve(lab.path, "check.ts"),
    resolve(folder),
    SCRATCH,
    ...lab.steps.map(({ id }) => id),
  ];
  const place: CheckPlace = options.vm ? (await import("./in-vm.ts")).checkInVm : checkOnHost;
  const [ending, checkEdited] = await Promise.all([
    place({
      command,
      steps: lab.steps.length,
      folder: resolve(folder),
      limitMs: lab.limitSeconds * 1000,
      ...(options.signal ? { signal: options.signal } : {}),
    }),
    checkIsEdited(lab),
  ]);
  options.signal?.throwIfAborted();
  const broken = ending.events.find((event) => event.type === "broken");
  const hasEnd = ending.events.find((event) => event.type === "end");
  if (broken || (ending.how === "ended" && !hasEnd)) {
    throw labError(
      "LAB_CHECK_BROKEN",
      `the check of ${lab.id} failed itself${broken?.id ? ` at "${broken.id}"` : ""}`,
      {
        details: { message: broken?.message ?? ending.errors },
        hint: `this is a bug of ours, not yours: ${(broken?.message ?? ending.errors).split("\n").slice(0, 3).join(" ")}`,
      },
    );
  }
  const steps = stepVerdicts(lab.steps, ending.events, endingText(ending, lab.limitSeconds));
  return {
    lab: lab.id,
    passed: steps.every(({ state }) => state === "passed"),
    steps,
    checkEdited,
    contained: ending.contained,
    where: ending.where,
    durationMs: Math.round(performance.now() - started),
    learnerMs: Math.round(hasEnd?.type === "end" ? hasEnd.learnerMs : 0),
  };
}

function endingText({ how }: CheckEnding, limitSeconds: number): string {
  if (how === "timeout") return `not done after ${limitSeconds} s: the check was ended while it looked at this step`;
  return "the check was killed while it looked at this step: by your program, or from outside";
}

export interface StepVerdict {
  id: string;
  title: string;
  /** `waiting`: a step before it has not passed yet. */
  state: "passed" | "failed" | "waiting";
  /** Of a step that failed: what was seen, and what was expected. */
  reason?: string;
  /** Where to look; never the answer. */
  hint?: string;
}

export interface CheckVerdict {
  lab: string;
  passed: boolean;
  steps: StepVerdict[];
  /** The check of this installation is not the one that was released. */
  checkEdited: boolean;
  /** The learner's program could only reach its own folder, see sandbox-script.ts; false where the kernel gives us no namespaces. */
  contained: boolean;
  /** `host`, or the engine of the lab VM. */
  where: string;
  /** The whole check, ms. */
  durationMs: number;
  /** Of it, spent while a program of the learner ran, ms. */
  learnerMs: number;
}

/** What the process that checks tells us, one JSON text a line. */
export type CheckEvent =
  | { type: "step"; id: string; passed: true }
  | { type: "step"; id: string; passed: false; reason: string; hint?: string }
  | { type: "broken"; id: string; message: string }
  | { type: "end"; learnerMs: number };

/** One verdict for each step, from what was heard before the process ended. `ending` says how it ended without a word of its own. Pure. */
export function stepVerdicts(
  steps: readonly { id: string; title: string }[],
  events: readonly CheckEvent[],
  ending: string,
): StepVerdict[] {
  let failed = false;
  return steps.map(({ id, title }): StepVerdict => {
    if (failed) return { id, title, state: "waiting" };
    const event = events.find((one) => one.type === "step" && one.id === id);
    if (event?.type === "step" && event.passed) return { id, title, state: "passed" };
    failed = true;
    if (event?.type === "step" && !event.passed) {
      return { id, title, state: "failed", reason: event.reason, ...(event.hint ? { hint: event.hint } : {}) };
    }
    return { id, title, state: "failed", reason: ending };
  });
}

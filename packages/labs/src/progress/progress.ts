import type { CheckVerdict } from "../check/verdict.ts";

/** What is known of one lab of one learner. Times are ISO 8601. */
export interface LabProgress {
  startedAt: string;
  /** Checks that were run. */
  tries: number;
  hintsShown: number;
  /** Ids of the steps that passed in the last check. */
  passedSteps: string[];
  passedAt?: string;
  /** It was passed by a check that is not the released one. */
  checkEdited?: boolean;
  solutionSeenAt?: string;
  /** Check it in the lab VM. */
  vm?: boolean;
}

export interface Progress {
  version: 1;
  labs: Record<string, LabProgress>;
}

export const emptyProgress: Progress = { version: 1, labs: {} };

export type LabState = "new" | "started" | "passed";

export function stateOf(progress: Progress, id: string): LabState {
  const lab = progress.labs[id];
  if (!lab) return "new";
  return lab.passedAt ? "passed" : "started";
}

/** Starting again keeps what was there: labs are resumable. */
export function withStart(progress: Progress, id: string, now: Date, options: { vm?: boolean } = {}): Progress {
  const known = progress.labs[id];
  const fresh = { startedAt: now.toISOString(), tries: 0, hintsShown: 0, passedSteps: [] };
  return withLab(progress, id, { ...(known ?? fresh), ...(options.vm === undefined ? {} : { vm: options.vm }) });
}

/** A lab that was passed once stays passed, whatever the learner tries with it afterwards. */
export function withVerdict(progress: Progress, verdict: CheckVerdict, now: Date): Progress {
  const before = progress.labs[verdict.lab] ?? withStart(progress, verdict.lab, now).labs[verdict.lab];
  if (!before) return progress;
  const passesNow = verdict.passed && !before.passedAt;
  return withLab(progress, verdict.lab, {
    ...before,
    tries: before.tries + 1,
    passedSteps: verdict.steps.filter(({ state }) => state === "passed").map(({ id }) => id),
    ...(passesNow ? { passedAt: now.toISOString(), checkEdited: verdict.checkEdited } : {}),
    // Passed once more, now by the released check: the mark goes.
    ...(verdict.passed && !verdict.checkEdited ? { checkEdited: false } : {}),
  });
}

export function withHint(progress: Progress, id: string): Progress {
  const lab = progress.labs[id];
  return lab ? withLab(progress, id, { ...lab, hintsShown: lab.hintsShown + 1 }) : progress;
}

export function withSolutionSeen(progress: Progress, id: string, now: Date): Progress {
  const lab = progress.labs[id];
  return lab ? withLab(progress, id, { ...lab, solutionSeenAt: lab.solutionSeenAt ?? now.toISOString() }) : progress;
}

/** As if it had never been started; that it was passed is not forgotten. */
export function withReset(progress: Progress, id: string): Progress {
  const lab = progress.labs[id];
  return lab ? withLab(progress, id, { ...lab, tries: 0, hintsShown: 0, passedSteps: [] }) : progress;
}

/** The lab to go on with: one that was started and not passed, else the first that is new, in the course's order. */
export function nextLab<T extends { id: string }>(labs: readonly T[], progress: Progress): T | undefined {
  const inState = (state: LabState): T | undefined => labs.find(({ id }) => stateOf(progress, id) === state);
  return inState("started") ?? inState("new");
}

function withLab(progress: Progress, id: string, lab: LabProgress): Progress {
  return { ...progress, labs: { ...progress.labs, [id]: lab } };
}

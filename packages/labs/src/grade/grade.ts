import { basename, resolve } from "node:path";
import { messageOf, pathExists } from "@drydock/kit";
import type { Lab } from "../catalog/lab.ts";
import { type CheckOptions, runCheck } from "../check/run-check.ts";
import type { CheckVerdict } from "../check/verdict.ts";
import { labFolder } from "../folder/lab-folder.ts";
import { requireNeeds } from "../needs/require-needs.ts";

/** What one learner handed in for one lab. */
export interface Handin {
  /** Name of the folder that was handed in. */
  learner: string;
  lab: Lab;
  /** Where the learner's files for this lab are. */
  folder: string;
}

/** `missing`: nothing was handed in for this lab. `unchecked`: this machine lacks what the lab needs, or the check itself failed; that says nothing of the learner. */
export type GradeState = "passed" | "failed" | "missing" | "unchecked";

export interface Grade {
  learner: string;
  lab: string;
  state: GradeState;
  stepsPassed: number;
  steps: number;
  /** The first step that is not done, and why. */
  failedStep?: string;
  reason?: string;
  checkEdited: boolean;
  /** False when the learner's program could reach more than its own folder. */
  contained: boolean;
  durationMs: number;
}

/**
 * What there is to check. Each of `folders` is what a learner handed in: the files of one lab, or a whole home (~/drydock-labs), in which each
 * lab has its folder. Learners are called as their folders; the order is that of `folders`, then of the course.
 */
export async function findHandins(labs: readonly Lab[], folders: readonly string[]): Promise<Handin[]> {
  const found: Handin[] = [];
  for (const folder of folders.map((one) => resolve(one))) {
    for (const lab of labs) {
      const inHome = labFolder(folder, lab);
      const isOfOneLab = labs.length === 1 && (await pathExists(resolve(folder, lab.edit)));
      found.push({ learner: basename(folder), lab, folder: isOfOneLab ? folder : inHome });
    }
  }
  return found;
}

/**
 * Checks what was handed in, `jobs` at a time, and tells each grade as soon as it is known. One that cannot be checked is a grade, too: it never ends the
 * run. Throws only what `signal` says.
 */
export async function grade(
  handins: readonly Handin[],
  options: CheckOptions & { jobs: number; onGrade?: (grade: Grade) => void },
): Promise<Grade[]> {
  const { jobs, onGrade, ...check } = options;
  const grades: Grade[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < handins.length; at = next++) {
      const one = await gradeOne(handins[at] as Handin, check);
      grades[at] = one;
      onGrade?.(one);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, worker));
  return grades;
}

async function gradeOne({ learner, lab, folder }: Handin, options: CheckOptions): Promise<Grade> {
  const none = {
    learner,
    lab: lab.id,
    stepsPassed: 0,
    steps: lab.steps.length,
    checkEdited: false,
    contained: true,
    durationMs: 0,
  };
  try {
    if (!(await pathExists(resolve(folder, lab.edit)))) {
      return { ...none, state: "missing", reason: `${folder} has no ${lab.edit}` };
    }
    await requireNeeds(lab, { vm: options.vm ?? false });
    return { ...none, ...gradeOf(await runCheck(lab, folder, options)) };
  } catch (error) {
    options.signal?.throwIfAborted();
    return { ...none, state: "unchecked", reason: messageOf(error) };
  }
}

/** The part of a verdict that a table has room for. Pure. */
export function gradeOf(verdict: CheckVerdict): Omit<Grade, "learner" | "lab" | "steps"> {
  const failed = verdict.steps.find(({ state }) => state === "failed");
  return {
    state: verdict.passed ? "passed" : "failed",
    stepsPassed: verdict.steps.filter(({ state }) => state === "passed").length,
    ...(failed ? { failedStep: failed.id, reason: failed.reason ?? "" } : {}),
    checkEdited: verdict.checkEdited,
    contained: verdict.contained,
    durationMs: verdict.durationMs,
  };
}

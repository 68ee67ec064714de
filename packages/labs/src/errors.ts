import { defineErrors } from "@drydock/kit";

export const labError = defineErrors({
  LAB_UNKNOWN: "no lab has the name that was given",
  LAB_INVALID: "a lab.yaml is not what the lab engine expects; details list every problem",
  LAB_NOT_STARTED: "a lab is to be checked or reset that was never started here",
  LAB_FOLDER_TAKEN: "there is something else where a lab's folder should be",
  LAB_NOT_WRITTEN: "the folder of a lab, or a report, cannot be written: a full disk, or no right to",
  LAB_NEEDS: "this machine lacks what a lab needs",
  LAB_NO_MORE_HINTS: "all hints of a lab have been shown",
  LAB_SOLUTION_EARLY: "a solution was asked for before a try",
  LAB_CHECK_BROKEN: "the check of a lab failed itself; that is our bug",
  LAB_CLUSTER: "the control plane of a lab did not start",
  LAB_PROGRESS: "the file with the learner's progress cannot be read or written",
});

import type { Lab } from "../catalog/lab.ts";
import { type Progress, stateOf } from "../progress/progress.ts";

export interface ReportInput {
  learner: string;
  labs: readonly Lab[];
  progress: Progress;
  made: Date;
}

/** One page without scripts or links that can be handed in: every lab by milestone, what was passed and with how much help. Pure. */
export function reportPage({ learner, labs, progress, made }: ReportInput): string {
  const passed = labs.filter(({ id }) => stateOf(progress, id) === "passed").length;
  const milestones = [...new Set(labs.map(({ milestone }) => milestone))];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Drydock labs: ${html(learner)}</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b2733; }
  table { border-collapse: collapse; width: 100%; margin-bottom: 2rem; }
  th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #d5dde5; }
  td.number { text-align: right; }
  .passed { color: #11663a; font-weight: 600; } .started { color: #7a4b00; } .new { color: #5b6875; }
  meter { width: 16rem; }
</style>
<h1>Drydock labs: ${html(learner)}</h1>
<p>${passed} of ${labs.length} labs passed <meter min="0" max="${labs.length}" value="${passed}">${passed}</meter> · made ${html(made.toISOString().slice(0, 16).replace("T", " "))} UTC</p>
${milestones.map((milestone) => section(milestone, labs, progress)).join("\n")}
</html>
`;
}

function section(milestone: string, labs: readonly Lab[], progress: Progress): string {
  const rows = labs.filter((lab) => lab.milestone === milestone).map((lab) => row(lab, progress));
  return `<h2>${html(milestoneTitle(milestone))}</h2>
<table>
<tr><th>Lab</th><th>State</th><th>Steps</th><th>Tries</th><th>Hints</th><th>Passed</th><th>Remarks</th></tr>
${rows.join("\n")}
</table>`;
}

function row(lab: Lab, progress: Progress): string {
  const known = progress.labs[lab.id];
  const state = stateOf(progress, lab.id);
  const remarks = [
    ...(known?.checkEdited ? ["passed with a changed check"] : []),
    ...(known?.solutionSeenAt
      ? [`solution seen ${known.solutionSeenAt < (known.passedAt ?? "9") ? "before" : "after"} passing`]
      : []),
  ];
  const steps = known ? `${state === "passed" ? lab.steps.length : known.passedSteps.length}/${lab.steps.length}` : "";
  return `<tr><td>${lab.number} ${html(lab.title)}</td><td class="${state}">${state}</td><td class="number">${steps}</td><td class="number">${known?.tries ?? ""}</td><td class="number">${known?.hintsShown ?? ""}</td><td>${html(known?.passedAt?.slice(0, 10) ?? "")}</td><td>${html(remarks.join("; "))}</td></tr>`;
}

/** `02-linux` → `02 linux`. */
export function milestoneTitle(milestone: string): string {
  return `${milestone.slice(0, 2)} ${milestone.slice(3).replaceAll("-", " ")}`;
}

function html(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

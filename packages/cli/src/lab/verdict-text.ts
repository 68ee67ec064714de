import type { CheckVerdict, Lab, StepVerdict } from "@drydock/labs";
import { wrap } from "../demo/narrator.ts";
import { painted } from "./style.ts";

const WIDTH = 76;

/** One line a step, and under the first that failed why, and where to look: the one next thing to do. At most 80 columns. */
export function verdictText(lab: Lab, verdict: CheckVerdict, next: Lab | undefined): string {
  const lines = [painted("bold", `${lab.number} ${lab.title}`), ""];
  for (const [at, step] of verdict.steps.entries()) lines.push(...stepLines(step, at + 1));
  lines.push("");
  if (verdict.checkEdited) {
    lines.push(
      painted("yellow", "The check of this lab is not the released one: this verdict says so wherever it is shown."),
      "",
    );
  }
  if (verdict.passed) {
    lines.push(painted("green", "Passed."));
    lines.push(next ? `Next: drydock lab start ${next.id}   (${next.title})` : "That was the last lab. Well done.");
  } else {
    lines.push(`Stuck? drydock lab hint ${lab.id}`);
  }
  return `${lines.join("\n")}\n`;
}

function stepLines(step: StepVerdict, number: number): string[] {
  const title = `${number}. ${step.title}`;
  if (step.state === "passed") return [painted("green", `  ok   ${title}`)];
  if (step.state === "waiting") return [painted("dim", `   -   ${title}`)];
  const lines = [painted(["bold", "red"], `  NO   ${title}`)];
  for (const line of (step.reason ?? "").split("\n"))
    lines.push(...wrap(line, WIDTH - 10).map((text) => `          ${text}`));
  if (step.hint)
    lines.push(...wrap(`Look: ${step.hint}`, WIDTH - 10).map((text) => painted("cyan", `          ${text}`)));
  return lines;
}

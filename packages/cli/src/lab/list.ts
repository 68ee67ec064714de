import { type Lab, type LabState, stateOf } from "@drydock/labs";
import { print } from "../output/print.ts";
import type { Course } from "./course.ts";
import { painted } from "./style.ts";

const marks: Record<LabState, string> = { passed: "[x]", started: "[~]", new: "[ ]" };

/** The course as a map: every lab by milestone, with its state, time and needs. */
export function listText({ labs, progress }: Course): string {
  const lines: string[] = [];
  const title = Math.max(...labs.map((lab) => lab.title.length));
  const idWidth = Math.max(...labs.map(({ id }) => id.length));
  for (const milestone of new Set(labs.map((lab) => lab.milestone))) {
    const here = labs.filter((lab) => lab.milestone === milestone);
    const passed = here.filter(({ id }) => stateOf(progress, id) === "passed").length;
    lines.push(
      "",
      painted("bold", `${milestone.slice(0, 2)} ${milestone.slice(3).replaceAll("-", " ")}   ${passed}/${here.length}`),
    );
    for (const lab of here) {
      const state = stateOf(progress, lab.id);
      const cells = [
        marks[state],
        lab.number,
        lab.id.padEnd(idWidth),
        lab.title.padEnd(title),
        `${lab.minutes}m`.padStart(4),
      ];
      lines.push(
        painted(state === "passed" ? "green" : state === "started" ? "yellow" : "reset", ` ${cells.join(" ")}`),
      );
    }
  }
  const passed = labs.filter(({ id }) => stateOf(progress, id) === "passed").length;
  return `${lines.slice(1).join("\n")}\n\n${passed} of ${labs.length} passed. drydock lab next says how to go on.\n`;
}

export function listData({ labs, progress }: Course): object[] {
  return labs.map((lab) => labData(lab, progress.labs[lab.id], stateOf(progress, lab.id)));
}

export function labData(lab: Lab, known: object | undefined, state: LabState): object {
  const { id, number, title, milestone, minutes, needs } = lab;
  return { id, number, title, milestone, minutes, needs, state, ...known };
}

export function printList(course: Course, json: boolean): void {
  print(json ? JSON.stringify(listData(course), null, 2) : listText(course));
}

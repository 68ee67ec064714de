import { parse, YAMLParseError } from "yaml";
import { labError } from "../errors.ts";
import { knownNeeds } from "../needs/needs.ts";
import type { Lab, LabStep } from "./lab.ts";

const DEFAULT_LIMIT_SECONDS = 60;
const LEAST_HINTS = 3;
const fields = ["id", "title", "minutes", "needs", "edit", "steps", "hints", "limitSeconds"];
const idPattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/**
 * lab.yaml as a value. `path` is the lab's folder, `…/02-linux/01-inspector`: milestone and number are its names, so that
 * they cannot disagree with them. Throws LAB_INVALID with every problem at once. Pure.
 */
export function parseLab(text: string, path: string): Lab {
  const problems: string[] = [];
  const document = read(text, problems);
  const [milestone = "", folder = ""] = path.split("/").slice(-2);
  for (const name of [milestone, folder]) {
    if (!/^\d\d-/.test(name)) problems.push(`the folder "${name}" does not begin with two digits and a dash`);
  }
  for (const name of Object.keys(document))
    if (!fields.includes(name)) problems.push(`${name}: there is no such field`);
  const id = textField(document, "id", problems);
  if (id && !idPattern.test(id)) problems.push(`id: "${id}" is not of small letters, digits and dashes`);
  const needs = texts(document.needs ?? [], "needs", problems);
  for (const need of needs) {
    if (!knownNeeds.includes(need)) problems.push(`needs: "${need}" is none of ${knownNeeds.join(", ")}`);
  }
  const hints = texts(document.hints, "hints", problems);
  if (hints.length < LEAST_HINTS) problems.push(`hints: ${hints.length} of at least ${LEAST_HINTS}`);
  const lab: Lab = {
    id,
    title: textField(document, "title", problems),
    milestone,
    number: `${milestone.slice(0, 2)}.${Number(folder.slice(0, 2))}`,
    minutes: count(document.minutes, "minutes", problems),
    needs,
    edit: textField(document, "edit", problems),
    steps: stepsOf(document.steps, problems),
    hints,
    limitSeconds: count(document.limitSeconds ?? DEFAULT_LIMIT_SECONDS, "limitSeconds", problems),
    path,
  };
  if (problems.length === 0) return lab;
  throw labError("LAB_INVALID", `${path}/lab.yaml: ${problems.join("; ")}`, {
    details: { path: `${path}/lab.yaml`, problems },
    hint: "docs/labs.md says what a lab.yaml has",
  });
}

function read(text: string, problems: string[]): Record<string, unknown> {
  try {
    const document: unknown = parse(text);
    if (isRecord(document)) return document;
    problems.push("is not a mapping");
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    problems.push(`is not YAML: ${error.message.split("\n")[0]}`);
  }
  return {};
}

function stepsOf(value: unknown, problems: string[]): LabStep[] {
  if (!Array.isArray(value) || value.length === 0) {
    problems.push("steps: a list with at least one step is needed");
    return [];
  }
  const steps = value.map((step: unknown, at) => {
    const of = isRecord(step) ? step : {};
    const found = (name: string): string => {
      const text = of[name];
      if (typeof text === "string" && text.trim() !== "") return text.trim();
      problems.push(`steps[${at}].${name}: text is missing`);
      return "";
    };
    return { id: found("id"), title: found("title") };
  });
  const twice = steps.find(({ id }, at) => steps.findIndex((step) => step.id === id) !== at);
  if (twice) problems.push(`steps: two are called "${twice.id}"`);
  return steps;
}

function textField(document: Record<string, unknown>, name: string, problems: string[]): string {
  const value = document[name];
  if (typeof value === "string" && value.trim() !== "") return value.trim();
  problems.push(`${name}: text is missing`);
  return "";
}

function texts(value: unknown, name: string, problems: string[]): string[] {
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value.map((one) => one.trim());
  problems.push(`${name}: a list of texts is needed`);
  return [];
}

function count(value: unknown, name: string, problems: string[]): number {
  if (Number.isInteger(value) && (value as number) > 0) return value as number;
  problems.push(`${name}: a whole number above 0 is needed`);
  return 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

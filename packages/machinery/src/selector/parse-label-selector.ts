import { failure } from "../errors.ts";
import { labelValue, qualifiedName } from "../schema/names.ts";
import type { LabelRequirement } from "./label-requirement.ts";

const token = /\s*(?:(==|!=|=|>|<)|([()!,])|([^\s()!,=<>]+))/y;
const END = "";

/**
 * Reads `app=web,tier in (a, b),!canary` with the grammar of k8s.io/apimachinery/pkg/labels. An empty text selects everything.
 * Throws SELECTOR_INVALID.
 */
export function parseLabelSelector(text: string): LabelRequirement[] {
  const tokens = tokensOf(text);
  const requirements: LabelRequirement[] = [];
  const peek = (): string => tokens[0] ?? END;
  const take = (): string => tokens.shift() ?? END;

  const wordOr = (missing: string | undefined, wanted: string): string => {
    if (isWord(peek())) return take();
    if (missing !== undefined) return missing;
    throw unexpected(text, peek(), wanted);
  };
  const list = (): string[] => {
    const open = take();
    if (open !== "(") throw unexpected(text, open, "'('");
    const values = [wordOr("", "value")];
    for (let next = take(); next !== ")"; next = take()) {
      if (next !== ",") throw unexpected(text, next, "',' or ')'");
      values.push(wordOr("", "value"));
    }
    return values;
  };
  const comparison = (key: string): LabelRequirement => {
    switch (peek()) {
      case "=":
      case "==":
        take();
        return { key, operator: "in", values: [wordOr("", "value")] };
      case "!=":
        take();
        return { key, operator: "notin", values: [wordOr("", "value")] };
      case "in":
      case "notin":
        return { key, operator: take() as "in" | "notin", values: list() };
      case ">":
      case "<": {
        const operator = take() === ">" ? "gt" : "lt";
        const bound = wordOr(undefined, "integer");
        if (!/^-?\d+$/.test(bound)) throw unexpected(text, bound, "integer");
        return { key, operator, value: Number(bound) };
      }
      default:
        return { key, operator: "exists" };
    }
  };

  while (tokens.length > 0) {
    const isNegated = peek() === "!";
    if (isNegated) take();
    const key = wordOr(undefined, isNegated ? "label key" : "label key or '!'");
    const requirement: LabelRequirement = isNegated ? { key, operator: "absent" } : comparison(key);
    checkNames(text, requirement);
    requirements.push(requirement);
    if (tokens.length === 0) break;
    const separator = take();
    if (separator !== ",") throw unexpected(text, separator, "',' or the end");
    if (tokens.length === 0) throw unexpected(text, END, "label key after ','");
  }
  return requirements;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  token.lastIndex = 0;
  const end = text.trimEnd().length;
  while (token.lastIndex < end) {
    // Every character belongs to one of the three classes, so there is always a match.
    const match = token.exec(text) as RegExpExecArray;
    tokens.push((match[1] ?? match[2] ?? match[3]) as string);
  }
  return tokens;
}

function isWord(text: string): boolean {
  return text !== END && !/^[()!,=<>]/.test(text);
}

function checkNames(text: string, requirement: LabelRequirement): void {
  const values = "values" in requirement ? requirement.values : [];
  const wrong = [...qualifiedName(requirement.key), ...values.flatMap(labelValue)][0];
  if (wrong !== undefined) throw failure("SELECTOR_INVALID", `label selector "${text}": ${wrong}`);
}

function unexpected(text: string, found: string, wanted: string): Error {
  const what = found === END ? "the end" : `'${found}'`;
  return failure("SELECTOR_INVALID", `unable to parse label selector "${text}": found ${what}, expected ${wanted}`, {
    hint: "write it like app=web,tier in (a,b),!canary",
  });
}

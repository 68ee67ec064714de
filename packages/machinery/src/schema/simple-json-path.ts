import { isJsonObject } from "./json-schema.ts";

/** Reads the values that a path leads to; several with `[*]` or a filter, none when a part is missing. */
export type PathReader = (value: unknown) => unknown[];

const field = /^\.((?:[^.[\]\\\s]|\\.)+)/;
const quoted = /^\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/;
const place = /^\[(-?\d+)\]/;
const every = /^(?:\[\*\]|\.\*)/;
const filter =
  /^\[\?\(\s*@((?:\.(?:[^.[\]\\\s=!()]|\\.)+)+)\s*(==|!=)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\w.+-]+)\s*\)\]/;

/**
 * Compiles the part of kubectl's JSONPath that a CustomResourceDefinition may use: fields (`.spec.replicas`, `['a.b']`, `.labels.example\.com/x`),
 * places (`[0]`), everything (`[*]`) and a comparison (`[?(@.type=="Ready")]`). Undefined when the text is none of that.
 */
export function parseSimplePath(text: string): PathReader | undefined {
  const steps: PathReader[] = [];
  for (let rest = text; rest !== ""; ) {
    const found = stepAt(rest);
    if (found === undefined) return undefined;
    steps.push(found.step);
    rest = rest.slice(found.length);
  }
  if (steps.length === 0) return undefined;
  return (value) => {
    let values = [value];
    for (const step of steps) values = values.flatMap(step);
    return values;
  };
}

function stepAt(text: string): { step: PathReader; length: number } | undefined {
  const all = every.exec(text);
  if (all) return { step: childrenOf, length: all[0].length };
  const name = field.exec(text) ?? quoted.exec(text);
  if (name) {
    const key = unescaped(name[1] ?? name[2] ?? "");
    return { step: (value) => memberOf(value, key), length: name[0].length };
  }
  const index = place.exec(text);
  if (index) {
    const at = Number(index[1]);
    const step = (value: unknown) => (Array.isArray(value) && value.length > 0 ? value.slice(at).slice(0, 1) : []);
    return { step, length: index[0].length };
  }
  const comparison = filter.exec(text);
  if (!comparison) return undefined;
  const [whole, path = "", operator, literal = ""] = comparison;
  const read = parseSimplePath(path);
  if (read === undefined) return undefined;
  const wanted = literalOf(literal);
  const fits = (item: unknown) => read(item).some((one) => one === wanted) === (operator === "==");
  return { step: (value) => childrenOf(value).filter(fits), length: whole.length };
}

function memberOf(value: unknown, key: string): unknown[] {
  return isJsonObject(value) && Object.hasOwn(value, key) ? [value[key]] : [];
}

function childrenOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isJsonObject(value) ? Object.values(value) : [];
}

function literalOf(text: string): unknown {
  if (/^['"]/.test(text)) return unescaped(text.slice(1, -1));
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, "$1");
}

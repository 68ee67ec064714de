import { nearestName } from "@drydock/kit";
import { failure } from "../errors.ts";
import { adviceFor, asksForNothing } from "./unsupported-fields.ts";

/** A check of one value; `path` is the JSON path for the message. Throws RUNTIME_INVALID_CONFIG. */
export type Check = (value: unknown, path: string) => void;

export function invalid(path: string, problem: string, hint?: string) {
  return failure("RUNTIME_INVALID_CONFIG", `${path}: ${problem}`, { details: { path }, ...(hint ? { hint } : {}) });
}

/** A name that neither this runtime nor the runtime-spec has: a bundle may hold some (see unknown-properties.ts). */
function unknownProperty(path: string) {
  const details = { path, unknown: true };
  return failure("RUNTIME_INVALID_CONFIG", `${path}: is not supported`, { details, hint: "remove it" });
}

export const text: Check = (value, path) => {
  if (typeof value !== "string") throw invalid(path, `expected a string, got ${show(value)}`);
  if (value.includes("\0")) throw invalid(path, "contains a NUL character");
};

export const flag: Check = (value, path) => {
  if (typeof value !== "boolean") throw invalid(path, `expected true or false, got ${show(value)}`);
};

export const absolutePath: Check = (value, path) => {
  text(value, path);
  if (!(value as string).startsWith("/")) throw invalid(path, `expected an absolute path, got ${show(value)}`);
};

export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Check {
  return (value, path) => {
    // Limits of 2^64 - 1 arrive as a float above the safe integers: they mean "unlimited".
    const whole = typeof value === "number" && Number.isInteger(value);
    if (!whole || value < min || (value > max && max !== Number.MAX_SAFE_INTEGER)) {
      throw invalid(path, `expected a whole number from ${min} to ${max}, got ${show(value)}`);
    }
  };
}

export function oneOf(...names: readonly string[]): Check {
  return (value, path) => {
    if (typeof value === "string" && names.includes(value)) return;
    const near = typeof value === "string" ? nearestName(value, names) : undefined;
    throw invalid(
      path,
      `${show(value)} is not supported`,
      near ? `did you mean ${near}?` : `possible: ${names.join(", ")}`,
    );
  };
}

export function list(item: Check): Check {
  return (value, path) => {
    if (!Array.isArray(value)) throw invalid(path, `expected a list, got ${show(value)}`);
    for (const [index, one] of value.entries()) item(one, `${path}[${index}]`);
  };
}

export function map(item: Check): Check {
  return (value, path) => {
    for (const [key, one] of Object.entries(asObject(value, path))) item(one, `${path}[${JSON.stringify(key)}]`);
  };
}

/**
 * An object with these fields and no others: a field that we do not know is refused, never ignored. One of the
 * runtime-spec that asks for nothing passes (see unsupported-fields.ts).
 */
export function object(fields: Record<string, Check>, options: { required?: readonly string[] } = {}): Check {
  return (value, path) => {
    const given = asObject(value, path);
    for (const name of options.required ?? []) {
      if (given[name] === undefined) throw invalid(join(path, name), "is required");
    }
    for (const [name, one] of Object.entries(given)) {
      if (one === undefined) continue;
      const check = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (!check) {
        const advice = adviceFor(join(path, name));
        if (advice !== undefined && asksForNothing(one)) continue;
        if (advice !== undefined) throw invalid(join(path, name), "is not supported", advice);
        const near = nearestName(name, Object.keys(fields));
        if (near) throw invalid(join(path, name), "is not supported", `did you mean ${near}?`);
        throw unknownProperty(join(path, name));
      }
      check(one, join(path, name));
    }
  };
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function asObject(value: unknown, path: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid(path || "config", `expected an object, got ${show(value)}`);
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

import { hookKinds } from "../hooks/kinds.ts";
import type { Hooks } from "../types.ts";
import { absolutePath, type Check, integer, invalid, list, object, text } from "./check.ts";

const hookShape = object(
  { path: absolutePath, args: list(text), env: list(text), timeout: integer(1) },
  { required: ["path"] },
);

const shape = object(Object.fromEntries(hookKinds.map((kind) => [kind, list(hookShape)])));

/** runtime-spec, config.md, POSIX-platform Hooks. */
export const hooksShape: Check = (value, path) => {
  shape(value, path);
  for (const [kind, hooks] of Object.entries(value as Hooks)) {
    for (const [index, hook] of hooks.entries()) {
      const wrong = hook.env?.find((one) => !one.includes("="));
      if (wrong !== undefined)
        throw invalid(`${path}.${kind}[${index}].env`, `${JSON.stringify(wrong)} is not NAME=value`);
    }
  }
};

import type { HookKind, Hooks } from "../types.ts";
import { absolutePath, type Check, integer, invalid, list, object, text } from "./check.ts";

const hookShape = object(
  { path: absolutePath, args: list(text), env: list(text), timeout: integer(1) },
  { required: ["path"] },
);

const kinds = {
  prestart: true,
  createRuntime: true,
  createContainer: true,
  startContainer: true,
  poststart: true,
  poststop: true,
} satisfies Record<HookKind, true>;

const shape = object(Object.fromEntries(Object.keys(kinds).map((kind) => [kind, list(hookShape)])));

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

import { DrydockError } from "@drydock/kit";
import { validateConfig } from "../config/validate-config.ts";
import type { RuntimeConfig } from "../types.ts";

/**
 * Checks the configuration of a bundle, without the properties that nobody knows: a runtime "MUST NOT generate an error
 * if they encounter an unknown property" (runtime-spec, config.md, Extensibility). Each is told. Fields that the spec has
 * and this runtime has not are refused as ever, and so is a name that looks like a slip.
 */
export function validateKnown(config: unknown, onUnknown: (path: string) => void): RuntimeConfig {
  for (let left = config, isCopy = false; ; ) {
    try {
      return validateConfig(left);
    } catch (error) {
      const details = error instanceof DrydockError ? error.details : undefined;
      if (details?.unknown !== true || typeof details.path !== "string") throw error;
      if (!isCopy) left = structuredClone(left);
      isCopy = true;
      if (!remove(left, details.path)) throw error;
      onUnknown(details.path);
    }
  }
}

/** False when the path leads nowhere, so that nobody asks again for ever. */
function remove(config: unknown, path: string): boolean {
  const names = path.split(/\.|\[(\d+)\]/).filter(Boolean);
  const last = names.pop();
  let parent = config;
  for (const name of names) parent = (parent as Record<string, unknown> | undefined)?.[name];
  if (last === undefined || typeof parent !== "object" || parent === null || !Object.hasOwn(parent, last)) return false;
  delete (parent as Record<string, unknown>)[last];
  return true;
}

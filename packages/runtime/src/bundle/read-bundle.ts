import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { errnoOf, messageOf } from "@drydock/kit";
import { failure } from "../errors.ts";
import type { RuntimeConfig } from "../types.ts";
import { validateKnown } from "./unknown-properties.ts";

/**
 * The configuration of an OCI bundle, a directory with config.json (runtime-spec, bundle.md), as runc spec, umoci, docker
 * and others write it. Paths that it gives relative to the bundle are absolute here. Throws RUNTIME_BAD_BUNDLE, or
 * RUNTIME_INVALID_CONFIG with the path of the field that this runtime does not take. `onUnknown` gets the path of each
 * property that is ignored because neither we nor the runtime-spec know it.
 */
export function readBundle(bundle: string, onUnknown: (path: string) => void = () => {}): RuntimeConfig {
  const directory = resolve(bundle);
  const config = absolutePaths(parse(readConfig(directory), join(directory, "config.json")), directory);
  return validateKnown(config, onUnknown);
}

/** Works on what nobody has checked yet: a value of another shape is left for validateConfig to refuse. */
function absolutePaths(value: unknown, directory: string): unknown {
  if (!isObject(value)) return value;
  const { root, mounts } = value;
  const isBind = ({ type, options }: Record<string, unknown>): boolean =>
    type === "bind" || (Array.isArray(options) && (options.includes("bind") || options.includes("rbind")));
  return {
    ...value,
    root: isObject(root) && typeof root.path === "string" ? { ...root, path: resolve(directory, root.path) } : root,
    mounts: Array.isArray(mounts)
      ? mounts.map((one: unknown) =>
          isObject(one) && isBind(one) && typeof one.source === "string"
            ? { ...one, source: resolve(directory, one.source) }
            : one,
        )
      : mounts,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readConfig(directory: string): string {
  const path = join(directory, "config.json");
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    const missing = errno === "ENOENT" || errno === "ENOTDIR";
    throw failure("RUNTIME_BAD_BUNDLE", missing ? `${directory} has no config.json` : `${path}: ${messageOf(error)}`, {
      details: { path },
      cause: error,
      ...(missing
        ? { hint: "make one: drydock runtime spec --bundle DIR; its root file system goes into DIR/rootfs" }
        : {}),
    });
  }
}

/** Go programs write null for a list that has nothing: the same as a field that is not there. */
function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text, (_key, value) => (value === null ? undefined : value));
  } catch (error) {
    throw failure("RUNTIME_BAD_BUNDLE", `${path} is not JSON: ${messageOf(error)}`, {
      details: { path },
      cause: error,
    });
  }
}

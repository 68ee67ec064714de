import { errnoOf, nearestName, readTextIfExists } from "@drydock/kit";
import { failure } from "../errors.ts";
import { definitions, type SettingName } from "./definitions.ts";
import type { Layer } from "./settings.ts";

const apiVersion = "drydock.dev/v1";
const kind = "Config";

/** The settings in a file such as `{apiVersion: drydock.dev/v1, kind: Config, nodes: 3}`; none when there is no file and none was asked for. */
export async function readConfigFile(path: string, required: boolean): Promise<Layer> {
  const text = await readConfigText(path);
  if (text === undefined) {
    if (required) throw failure("CONFIG_INVALID", `${path}: no such file`, { hint: "DRYDOCK_CONFIG names it" });
    return {};
  }
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text);
  const syntax = document.errors[0];
  if (syntax) throw failure("CONFIG_INVALID", `${path}: ${syntax.message.split("\n")[0]}`, { cause: syntax });
  return layerOfConfig(document.toJS(), path);
}

async function readConfigText(path: string): Promise<string | undefined> {
  try {
    return await readTextIfExists(path);
  } catch (cause) {
    throw failure("CONFIG_INVALID", `${path} cannot be read: ${errnoOf(cause)}`, {
      hint: "DRYDOCK_CONFIG names another file",
      cause,
    });
  }
}

/** Checks the envelope and the names; values are checked where they are used. Pure. */
export function layerOfConfig(config: unknown, path: string): Layer {
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    throw failure("CONFIG_INVALID", `${path}: not a mapping`, { hint: `begin with apiVersion: ${apiVersion}` });
  }
  const { apiVersion: gotVersion, kind: gotKind, ...values } = config as Record<string, unknown>;
  if (gotVersion !== apiVersion || gotKind !== kind) {
    throw failure("CONFIG_INVALID", `${path}: apiVersion and kind are not ${apiVersion} ${kind}`, {
      hint: `begin the file with apiVersion: ${apiVersion} and kind: ${kind}`,
    });
  }
  const layer: Layer = {};
  for (const [name, value] of Object.entries(values)) {
    if (!Object.hasOwn(definitions, name)) {
      const near = nearestName(name, Object.keys(definitions));
      throw failure("CONFIG_INVALID", `${path}: unknown setting "${name}"`, {
        hint: near ? `did you mean ${near}?` : `settings are ${Object.keys(definitions).join(", ")}`,
      });
    }
    layer[name as SettingName] = { value, from: `${path}: ${name}` };
  }
  return layer;
}

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "@drydock/kit";
import { agentError } from "../../errors.ts";

/** One plugin of a list: `type` is the name of its program, the rest is the plugin's own. */
export interface PluginConf {
  type: string;
  capabilities?: Record<string, boolean>;
  [field: string]: unknown;
}

/** A network configuration list, section 1 of the specification. */
export interface ConfList {
  cniVersion: string;
  name: string;
  disableCheck: boolean;
  plugins: PluginConf[];
}

/** Versions of the specification whose results have the same shape for us. 0.1 and 0.2 know neither chains nor several addresses. */
const versions = ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];

/**
 * The first `*.conflist` (or `*.conf`, one plugin alone) of a directory, by name: kubelets and containerd choose the same way. Throws AGENT_CNI_CONFIG, also
 * when there is none.
 */
export async function loadConfList(directory: string): Promise<ConfList> {
  const files = (await filesIn(directory)).filter((name) => /\.(conflist|conf|json)$/.test(name)).sort();
  const [first] = files;
  if (first === undefined) throw badConfig(directory, "there is no *.conflist in it");
  const path = join(directory, first);
  return parseConfList(await readFile(path, "utf8"), path);
}

/** Pure. `path`: where the text is from, for errors. Throws AGENT_CNI_CONFIG. */
export function parseConfList(text: string, path: string): ConfList {
  const json = asObject(parse(text, path), path, "it");
  const { cniVersion = "0.1.0", name, disableCheck = false } = json;
  if (typeof cniVersion !== "string" || !versions.includes(cniVersion)) {
    throw badConfig(path, `cniVersion is ${JSON.stringify(cniVersion)}, and may be one of ${versions.join(", ")}`);
  }
  // The name is a part of file names of plugins.
  if (typeof name !== "string" || !/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) {
    throw badConfig(path, `name is ${JSON.stringify(name)}: a letter or digit, then letters, digits, "_", "." or "-"`);
  }
  // Version 0.4 wrote it as a string in places.
  if (![true, false, "true", "false"].includes(disableCheck as boolean)) {
    throw badConfig(path, `disableCheck is ${JSON.stringify(disableCheck)}, and may be true or false`);
  }
  return { cniVersion, name, disableCheck: String(disableCheck) === "true", plugins: pluginsOf(json, path) };
}

function pluginsOf(json: Record<string, unknown>, path: string): PluginConf[] {
  const { plugins } = json;
  // A *.conf of before version 1.0 is the plugin itself.
  if (plugins === undefined && typeof json.type === "string") return [pluginOf(json, path, "it")];
  if (!Array.isArray(plugins) || plugins.length === 0) throw badConfig(path, "plugins is not a list with at least one");
  return plugins.map((plugin, index) =>
    pluginOf(asObject(plugin, path, `plugins[${index}]`), path, `plugins[${index}]`),
  );
}

function pluginOf(plugin: Record<string, unknown>, path: string, where: string): PluginConf {
  const { type, capabilities } = plugin;
  // It is looked for in directories of plugins, and must not lead out of them.
  if (typeof type !== "string" || !/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(type)) {
    throw badConfig(path, `${where}.type is ${JSON.stringify(type)}, and not the name of a plugin`);
  }
  if (capabilities !== undefined) asObject(capabilities, path, `${where}.capabilities`);
  return plugin as PluginConf;
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badConfig(path, `it is no JSON: ${(cause as Error).message}`, cause);
  }
}

function asObject(value: unknown, path: string, where: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw badConfig(path, `${where} is not an object`);
}

async function filesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (cause) {
    throw badConfig(directory, `it cannot be read (${errnoOf(cause)})`, cause);
  }
}

function badConfig(path: string, why: string, cause?: unknown): Error {
  return agentError("AGENT_CNI_CONFIG", `${path}: ${why}`, {
    hint: "see docs/networking.md for a list that works; without --cni-conf-dir the agent makes a bridge of its own",
    ...(cause === undefined ? {} : { cause }),
  });
}

import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { failure } from "../errors.ts";
import { readConfigFile } from "./config-file.ts";
import { type Definition, definitions, type SettingName } from "./definitions.ts";

/** Where a value came from, for messages: the flag, the variable, or the file. */
export type Layer = Partial<Record<SettingName, { value: unknown; from: string }>>;

export type Settings = {
  [Name in SettingName]: (typeof definitions)[Name] extends Definition<infer Value> ? Value | undefined : never;
} & {
  dataDir: string;
  kubeconfig: string;
};

/** The settings of one command: its flags, then DRYDOCK_* variables, then the configuration file, then defaults. */
export async function settingsOf(command: Command, env: NodeJS.ProcessEnv = process.env): Promise<Settings> {
  const flags = layerOfFlags(command.optsWithGlobals());
  const variables = layerOfVariables(env);
  const home = join(homedir(), ".drydock");
  const file = env.DRYDOCK_CONFIG ?? join(home, "config.yaml");
  const config = await readConfigFile(file, env.DRYDOCK_CONFIG !== undefined);
  return mergeSettings([flags, variables, config], home);
}

/** The first layer that has a value wins; every value that is used is checked. Pure. */
export function mergeSettings(layers: readonly Layer[], home: string): Settings {
  const merged: Partial<Record<SettingName, unknown>> = {};
  for (const [name, definition] of Object.entries(definitions) as [SettingName, Definition<unknown>][]) {
    const found = layers.map((layer) => layer[name]).find((entry) => entry?.value !== undefined);
    if (found) merged[name] = parsed(definition, found.value, found.from);
  }
  const dataDir = resolve((merged.dataDir as string | undefined) ?? home);
  const kubeconfig = resolve((merged.kubeconfig as string | undefined) ?? join(dataDir, "kubeconfig"));
  return { ...merged, dataDir, kubeconfig } as Settings;
}

function parsed(definition: Definition<unknown>, value: unknown, from: string): unknown {
  const result = definition.parse(value);
  if (result !== undefined) return result;
  throw failure("CONFIG_INVALID", `${from}: ${JSON.stringify(value)} is not ${definition.expects}`, {
    hint: definition.hint,
  });
}

function layerOfFlags(options: Record<string, unknown>): Layer {
  const layer: Layer = {};
  for (const [name, { flag }] of Object.entries(definitions) as [SettingName, Definition<unknown>][]) {
    // A flag of another command may have the same name; only those that are declared as this setting's are used.
    if (flag !== undefined && options[name] !== undefined) layer[name] = { value: options[name], from: flag };
  }
  return layer;
}

function layerOfVariables(env: NodeJS.ProcessEnv): Layer {
  const layer: Layer = {};
  for (const [name, { variable }] of Object.entries(definitions) as [SettingName, Definition<unknown>][]) {
    const value = env[variable];
    if (value !== undefined && value !== "") layer[name] = { value, from: variable };
  }
  return layer;
}

import type { Command } from "commander";
import type { OptionList } from "../parse-program.ts";

/** Flags of every command of `drydock runtime`. --log-format has a default, which commander puts into the help. */
export const runtimeOptions: OptionList = [
  ["--root <dir>", "where containers are written down (default: /run/drydock/runtime)"],
  ["--log <file>", "append what goes wrong to this file, too"],
  ["--log-format <format>", "of that file: text or json"],
  ["--debug", "log what is done, too"],
  ["--systemd-cgroup", "refused: cgroups are made without systemd"],
];

/** Every command of `drydock runtime`, in the order of --help. Who calls a runtime calls it often: only the one that is called gets loaded. */
export const runtimeCommands: Readonly<Record<string, () => Promise<Command>>> = {
  spec: async () => (await import("./spec.ts")).specCommand(),
  plan: async () => (await import("./plan.ts")).planCommand(),
  run: async () => (await import("./run.ts")).runCommand(),
  create: async () => (await import("./create.ts")).createCommand(),
  start: async () => (await import("./start.ts")).startCommand(),
  exec: async () => (await import("./exec.ts")).execCommand(),
  state: async () => (await import("./state.ts")).stateCommand(),
  list: async () => (await import("./list.ts")).listCommand(),
  ps: async () => (await import("./ps.ts")).psCommand(),
  events: async () => (await import("./events.ts")).eventsCommand(),
  kill: async () => (await import("./kill.ts")).killCommand(),
  pause: async () => (await import("./pause.ts")).pauseCommand(),
  resume: async () => (await import("./pause.ts")).resumeCommand(),
  update: async () => (await import("./update.ts")).updateCommand(),
  delete: async () => (await import("./delete.ts")).deleteCommand(),
  features: async () => (await import("./features.ts")).featuresCommand(),
  serve: async () => (await import("./serve.ts")).serveCommand(),
  version: async () => (await import("./version.ts")).versionCommand(),
};

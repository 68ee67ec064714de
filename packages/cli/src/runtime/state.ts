import { Command } from "commander";
import { print } from "../output/print.ts";
import { openRuntime } from "./open-runtime.ts";

export function stateCommand(): Command {
  return new Command("state")
    .description("print the state of a container, as JSON")
    .argument("<id>", "the container")
    .action(async (id: string, _options, command: Command) => {
      const { annotations, ...state } = await openRuntime(command).state(id);
      // ociVersion, id, status, pid and annotations are the spec's (runtime.md, State); the others are ours.
      print(JSON.stringify({ ...state, pid: state.pid ?? 0, annotations }, undefined, 2));
    });
}

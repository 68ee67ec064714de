import type { ContainerState } from "@drydock/runtime";
import { Command } from "commander";
import { print } from "../output/print.ts";
import { reported } from "./log-file.ts";
import { openRuntime } from "./open-runtime.ts";

export function stateCommand(): Command {
  return new Command("state")
    .description("print the state of a container, as JSON")
    .argument("<id>", "the container")
    .action(
      reported(async (id: string, _options, command: Command) => {
        print(JSON.stringify(stateData(await openRuntime(command).state(id)), undefined, 2));
      }),
    );
}

/** As runc prints it, so that its callers can read it; what runc does not have comes last. */
export function stateData(state: ContainerState) {
  const { ociVersion, id, pid = 0, status, bundle = "", rootfs, created, annotations, exit, notEnforced } = state;
  return {
    ociVersion,
    id,
    pid,
    status,
    bundle,
    rootfs,
    created,
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    owner: "",
    ...(exit ? { exit } : {}),
    ...(notEnforced.length > 0 ? { notEnforced } : {}),
  };
}

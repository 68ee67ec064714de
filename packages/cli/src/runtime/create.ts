import { resolve } from "node:path";
import { type CreateRequest, readBundle } from "@drydock/runtime";
import { Command } from "commander";
import {
  type ContainerOptions,
  checkTerminal,
  requestOptions,
  tellUnknown,
  withConsoleSocket,
  withContainerOptions,
} from "./container-options.ts";
import { loggerOf, reported } from "./log-file.ts";
import { openRuntime } from "./open-runtime.ts";
import { writePidFile } from "./pid-file.ts";

export function createCommand(): Command {
  return withContainerOptions(new Command("create"))
    .description("make a container up to its last steps; drydock runtime start lets it run")
    .argument("<id>", "name of the container")
    .addHelpText(
      "after",
      `
Its first process becomes a child of ours, and so of who adopts our orphans: managers of containers wait for it there.

Example:
  drydock runtime create --bundle box --pid-file pid c1 && drydock runtime start c1
`,
    )
    .action(
      reported(async (id: string, options: ContainerOptions, command: Command) => {
        const runtime = openRuntime(command);
        const config = readBundle(options.bundle, tellUnknown(command));
        checkTerminal(config.process.terminal, options.consoleSocket, "process.terminal");
        const request: CreateRequest = {
          id,
          config,
          bundle: resolve(options.bundle),
          parent: "caller",
          stdio: "inherit",
          ...requestOptions(options),
        };
        const state =
          options.consoleSocket === undefined
            ? await runtime.create(request)
            : await withConsoleSocket(options.consoleSocket, (socket) =>
                runtime.create({ ...request, stdio: { console: socket } }),
              );
        const logger = loggerOf(command);
        for (const sentence of state.notEnforced) logger.warn({}, `not in force: ${sentence}`);
        await writePidFile(options.pidFile, state.pid);
      }),
    );
}

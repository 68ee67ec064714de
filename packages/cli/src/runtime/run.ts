import { resolve } from "node:path";
import { chooseForCommand } from "@drydock/linux";
import {
  type ContainerState,
  type HostTerminal,
  openHostTerminal,
  type Runtime,
  readBundle,
  type StartRequest,
} from "@drydock/runtime";
import { Command } from "commander";
import { failure } from "../errors.ts";
import { ExitStatus } from "../exit-status.ts";
import {
  type ContainerOptions,
  checkTerminal,
  requestOptions,
  tellUnknown,
  withConsoleSocket,
  withContainerOptions,
} from "./container-options.ts";
import { type ExperimentFlags, experimentalExecutor } from "./experiment.ts";
import { forwardSignals } from "./forward-signals.ts";
import { loggerOf, reported } from "./log-file.ts";
import { openRuntime } from "./open-runtime.ts";
import { writePidFile } from "./pid-file.ts";
import { relayStreams } from "./relay-streams.ts";

interface Options extends ExperimentFlags, ContainerOptions {
  detach?: boolean;
  keep?: boolean;
}

export function runCommand(): Command {
  return withContainerOptions(new Command("run"))
    .description("start a container and wait for its end; its exit code is ours")
    .argument("<id>", "name of the container")
    .option("-d, --detach", "do not wait; drydock runtime delete removes it")
    .option("--keep", "do not delete it after its end")
    .option("--step", "stop before each step, to look around from a second terminal")
    .option("--skip <n>", "leave out this step of the plan; may be repeated", collect, [])
    .option("--only-to <n>", "end with this step of the plan: the process then only waits")
    .action(
      reported(async (id: string, options: Options, command: Command) => {
        const config = readBundle(options.bundle, tellUnknown(command));
        const request: StartRequest = { id, config, bundle: resolve(options.bundle), ...requestOptions(options) };
        if (options.consoleSocket !== undefined) checkTerminal(config.process.terminal, options.consoleSocket, "run");
        const ownTerminal = config.process.terminal === true && options.consoleSocket === undefined;
        const terminal = ownTerminal ? terminalFor(options) : undefined;
        const runtime = openRuntime(command, { executor: experimentalExecutor(options) ?? chooseForCommand() });
        const signals = forwardSignals();
        try {
          const state = await start(runtime, request, terminal, options.consoleSocket);
          const logger = loggerOf(command);
          for (const sentence of state.notEnforced) logger.warn({}, `not in force: ${sentence}`);
          await writePidFile(options.pidFile, state.pid);
          if (options.detach) return;
          // It may have ended in this moment: then there is nobody to tell.
          signals.to((signal) => void runtime.kill(id, signal).catch(() => {}));
          const exit = runtime.wait(id);
          const { code } = terminal ? await relayStreams(terminal.streams, exit, { tty: true }) : await exit;
          if (!options.keep) await runtime.delete(id, { force: true });
          if (code !== 0) throw new ExitStatus(code);
        } finally {
          signals.stop();
        }
      }),
    );
}

async function start(
  runtime: Runtime,
  request: StartRequest,
  terminal: HostTerminal | undefined,
  consoleSocket: string | undefined,
): Promise<ContainerState> {
  if (consoleSocket !== undefined) {
    return withConsoleSocket(consoleSocket, (socket) => runtime.run({ ...request, stdio: { console: socket } }));
  }
  const path = terminal?.path;
  try {
    return await runtime.run({
      ...request,
      stdio: path === undefined ? "inherit" : { stdin: path, stdout: path, stderr: path },
    });
  } finally {
    terminal?.release();
  }
}

function terminalFor({ detach }: Options): HostTerminal {
  if (detach) {
    throw failure("CLI_USAGE", "a container with a terminal cannot be detached: nobody would hold the terminal", {
      hint: "give --console-socket, or set process.terminal to false in config.json",
    });
  }
  const { columns, rows } = process.stdout;
  return openHostTerminal(columns && rows ? { width: columns, height: rows } : undefined);
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

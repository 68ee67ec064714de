import { readFile } from "node:fs/promises";
import { messageOf } from "@drydock/kit";
import { capabilitySetsFor, type Lifecycle, type ProcessConfig, type Runtime } from "@drydock/runtime";
import { Command } from "commander";
import { failure } from "../errors.ts";
import { ExitStatus } from "../exit-status.ts";
import { wholeNumber } from "../parse/whole-number.ts";
import { checkTerminal, openDescriptors, withConsoleSocket } from "./container-options.ts";
import { forwardSignals } from "./forward-signals.ts";
import { reported } from "./log-file.ts";
import { openRuntime } from "./open-runtime.ts";
import { writePidFile } from "./pid-file.ts";
import { relayStreams } from "./relay-streams.ts";

interface Options {
  process?: string;
  cwd: string;
  env: string[];
  user?: string;
  additionalGids: string[];
  cap: string[];
  /** commander's name for --no-new-privs: true unless given. */
  newPrivs: boolean;
  tty?: boolean;
  detach?: boolean;
  consoleSocket?: string;
  preserveFds?: string;
  pidFile?: string;
}

export function execCommand(): Command {
  return new Command("exec")
    .description("run a further process in a running container; its exit code is ours")
    .argument("<id>", "the container")
    .argument("[args...]", "the program and its arguments, after --")
    .option("-p, --process <file>", "the process as JSON, as in config.json")
    .option("--cwd <dir>", "its directory in the container", "/")
    .option("-e, --env <NAME=VALUE>", "variable for it; may be repeated", collect, [])
    .option("-u, --user <uid[:gid]>", "its user; root unless given")
    .option("-g, --additional-gids <gid>", "a further group of it; may be repeated", collect, [])
    .option("-c, --cap <name>", "a capability for it, as CAP_NET_ADMIN; may be repeated", collect, [])
    .option("--no-new-privs", "setuid programs have no effect")
    .option("-t, --tty", "give it a terminal")
    .option("-d, --detach", "do not wait for it: it becomes a child of ours, and so of who adopts our orphans")
    .option("--console-socket <path>", "with --detach: Unix socket that gets its terminal")
    .option("--preserve-fds <n>", "with --detach: hand our descriptors 3 to 2+n on to it")
    .option("--pid-file <file>", "write its pid there")
    .addHelpText(
      "after",
      `
Examples:
  drydock runtime exec -t c1 -- sh
  drydock runtime exec --detach --process process.json --pid-file pid c1
`,
    )
    .action(
      reported(async (id: string, args: string[], options: Options, command: Command) => {
        const process = options.process === undefined ? fromFlags(args, options) : await fromFile(options.process);
        const runtime = openRuntime(command);
        if (options.detach) await detached(runtime, id, process, options);
        else await attached(runtime, id, process, options);
      }),
    );
}

async function attached(runtime: Runtime, id: string, process: ProcessConfig, options: Options): Promise<void> {
  if (options.consoleSocket !== undefined || options.preserveFds !== undefined) {
    throw failure("CLI_USAGE", "--console-socket and --preserve-fds are for a process that we do not wait for", {
      hint: "add --detach",
    });
  }
  const signals = forwardSignals();
  try {
    const session = await runtime.exec(id, { process });
    signals.to((signal) => session.kill(signal));
    await writePidFile(options.pidFile, session.pid);
    const { code } = await relayStreams(session, session.exit, { tty: process.terminal ?? false });
    if (code !== 0) throw new ExitStatus(code);
  } finally {
    signals.stop();
  }
}

async function detached(runtime: Lifecycle, id: string, process: ProcessConfig, options: Options): Promise<void> {
  const { consoleSocket, preserveFds, pidFile } = options;
  checkTerminal(process.terminal, consoleSocket, "--detach");
  const request = { process, ...(preserveFds === undefined ? {} : { preserveFds: openDescriptors(preserveFds) }) };
  const pid =
    consoleSocket === undefined
      ? await runtime.execDetached(id, request)
      : await withConsoleSocket(consoleSocket, (socket) =>
          runtime.execDetached(id, { ...request, stdio: { console: socket } }),
        );
  await writePidFile(pidFile, pid);
}

function fromFlags(args: string[], { cwd, env, user, additionalGids, cap, newPrivs, tty }: Options): ProcessConfig {
  if (args.length === 0) {
    throw failure("CLI_USAGE", "no command was given", { hint: "drydock runtime exec ID -- COMMAND" });
  }
  const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  return {
    args,
    cwd,
    env: [path, ...env],
    ...(user === undefined && additionalGids.length === 0 ? {} : { user: userOf(user ?? "0", additionalGids) }),
    ...(cap.length === 0 ? {} : { capabilities: capabilitySetsFor(cap) }),
    ...(newPrivs ? {} : { noNewPrivileges: true }),
    ...(tty ? { terminal: true } : {}),
  };
}

function userOf(text: string, groups: string[]): NonNullable<ProcessConfig["user"]> {
  const found = /^(\d+)(?::(\d+))?$/.exec(text);
  if (!found) throw failure("CLI_USAGE", `--user: "${text}" is not UID or UID:GID`, { hint: "names are the image's" });
  return {
    uid: Number(found[1]),
    gid: Number(found[2] ?? 0),
    ...(groups.length === 0 ? {} : { additionalGids: groups.map((one) => wholeNumber(one, "--additional-gids")) }),
  };
}

async function fromFile(path: string): Promise<ProcessConfig> {
  try {
    // The runtime holds it against what a process may have.
    return JSON.parse(await readFile(path, "utf8")) as ProcessConfig;
  } catch (error) {
    throw failure("CLI_USAGE", `--process: ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

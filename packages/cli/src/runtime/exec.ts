import { readFile } from "node:fs/promises";
import { messageOf } from "@drydock/kit";
import type { ProcessConfig } from "@drydock/runtime";
import { Command } from "commander";
import { failure } from "../errors.ts";
import { ExitStatus } from "../exit-status.ts";
import { forwardSignals } from "./forward-signals.ts";
import { openRuntime } from "./open-runtime.ts";
import { writePidFile } from "./pid-file.ts";
import { relayStreams } from "./relay-streams.ts";

interface Options {
  process?: string;
  cwd: string;
  env: string[];
  user?: string;
  tty?: boolean;
  pidFile?: string;
}

export function execCommand(): Command {
  return new Command("exec")
    .description("run a further process in a running container; its exit code is ours")
    .argument("<id>", "the container")
    .argument("[args...]", "the program and its arguments, after --")
    .option("-p, --process <file>", "the process as JSON, as in config.json")
    .option("--cwd <dir>", "its directory in the container", "/")
    .option("-e, --env <NAME=VALUE>", "variable for it; may be repeated", (one, all: string[]) => [...all, one], [])
    .option("-u, --user <uid[:gid]>", "its user; root unless given")
    .option("-t, --tty", "give it a terminal")
    .option("--pid-file <file>", "write its pid there")
    .addHelpText("after", "\nExample:\n  drydock runtime exec -t c1 -- sh\n")
    .action(async (id: string, args: string[], options: Options, command: Command) => {
      const process = options.process === undefined ? fromFlags(args, options) : await fromFile(options.process);
      const signals = forwardSignals();
      try {
        const session = await openRuntime(command).exec(id, { process });
        signals.to((signal) => session.kill(signal));
        await writePidFile(options.pidFile, session.pid);
        const { code } = await relayStreams(session, session.exit, { tty: process.terminal ?? false });
        if (code !== 0) throw new ExitStatus(code);
      } finally {
        signals.stop();
      }
    });
}

function fromFlags(args: string[], { cwd, env, user, tty }: Options): ProcessConfig {
  if (args.length === 0) {
    throw failure("CLI_USAGE", "no command was given", { hint: "drydock runtime exec ID -- COMMAND" });
  }
  const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  return {
    args,
    cwd,
    env: [path, ...env],
    ...(user === undefined ? {} : { user: userOf(user) }),
    ...(tty ? { terminal: true } : {}),
  };
}

function userOf(text: string): { uid: number; gid: number } {
  const found = /^(\d+)(?::(\d+))?$/.exec(text);
  if (!found) throw failure("CLI_USAGE", `--user: "${text}" is not UID or UID:GID`, { hint: "names are the image's" });
  return { uid: Number(found[1]), gid: Number(found[2] ?? 0) };
}

async function fromFile(path: string): Promise<ProcessConfig> {
  try {
    // The runtime holds it against what a process may have.
    return JSON.parse(await readFile(path, "utf8")) as ProcessConfig;
  } catch (error) {
    throw failure("CLI_USAGE", `--process: ${path}: ${messageOf(error)}`, { cause: error });
  }
}

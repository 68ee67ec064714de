import { isAbsolute, resolve } from "node:path";
import { chooseEngine, type EngineName, runInVm, type VmRequest } from "@drydock/vm";
import { Command } from "commander";
import { failure } from "../errors.ts";
import { ExitStatus } from "../exit-status.ts";
import { remark } from "../output/print.ts";
import { seconds } from "../parse/seconds.ts";
import { wholeNumber } from "../parse/whole-number.ts";
import { parseMachine, runOnMachines } from "../vm/machines.ts";

const engines: readonly EngineName[] = ["uml", "qemu", "none"];

interface Options {
  engine?: string;
  memory: string;
  cpus: string;
  share: string[];
  env: string[];
  timeout?: string;
  machine?: string[];
  until?: string;
}

export function vmCommand(): Command {
  const vm = new Command("vm").addHelpText(
    "after",
    `
A machine with a kernel of its own on this host's files: what it writes is gone with it, except in shared directories.

Examples:
  drydock vm run -- cat /sys/fs/cgroup/cgroup.controllers
  drydock vm run --engine qemu --cpus 2 --memory 2048 --share . -- make test
  drydock vm run --machine server --machine client=qemu --until client -- sh -c \
    'case $(hostname) in server) busybox httpd -f -h /etc;; *) until busybox wget -qO- http://server/hosts; do sleep 1; done;; esac'
  drydock vm shell
  drydock vm engines

Machines with a name share a private network without a way out: each runs the command and finds the others by name.
`,
  );
  const configured = (name: string): Command =>
    vm
      .command(name)
      .option("--engine <engine>", `${engines.join(", ")} (default: the quickest that works here)`)
      .option("--memory <MiB>", "memory of the machine", "1024")
      .option("--cpus <n>", "processors", "1")
      .option("--share <dir>", "directory that the command may write to; may be repeated", collect, [])
      .option("--env <NAME=VALUE>", "variable for the command; may be repeated", collect, [])
      .option("--timeout <time>", "switch the machine off after this time, e.g. 5m");
  configured("run")
    .description("run one command in a throw-away machine; its exit code is ours")
    .option("--machine <name[=engine]>", "one of several machines on a network of their own; repeat it", collect, [])
    .option("--until <name>", "with --machine: switch the others off when this machine's command has ended")
    .argument("<command...>", "the command, after --")
    .action((command: string[], options: Options) => run(command, options, false));
  configured("shell")
    .description("a shell in a throw-away machine")
    // Without the user's start-up files: those are made for the user's own machine and may take long in an emulated one.
    .action((options: Options) => run(["/bin/bash", "--norc", "-i"], options, true));
  vm.command("engines")
    .description("say of each engine whether it works here")
    .action(async () => {
      for (const engine of engines) {
        const verdict = await chooseEngine(engine).then(
          () => "works here",
          (error: Error) => error.message.replace(/^.* - \w+: /, ""),
        );
        process.stdout.write(`${engine.padEnd(6)}${verdict}\n`);
      }
    });
  return vm;
}

async function run(command: string[], options: Options, interactive: boolean): Promise<void> {
  const engine = engines.find((name) => name === options.engine);
  if (options.engine !== undefined && !engine) {
    throw failure("CLI_USAGE", `--engine: there is no engine called "${options.engine}"`, {
      hint: `there are: ${engines.join(", ")}`,
    });
  }
  if (interactive && !process.stdin.isTTY) {
    throw failure("CLI_NO_TERMINAL", "a shell needs a terminal and standard input is none", {
      hint: "drydock vm run -- COMMAND",
    });
  }
  const interrupt = new AbortController();
  const interrupted = (): void => interrupt.abort(failure("CLUSTER_INTERRUPTED", "interrupted; the machine is gone"));
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  const machines = (options.machine ?? []).map((text) => parseMachine(text, engines));
  if (options.until !== undefined && machines.length === 0) {
    throw failure("CLI_USAGE", "--until says which of several machines decides, and there is one only", {
      hint: "name the machines: --machine NAME --machine NAME",
    });
  }
  const request: VmRequest = {
    command,
    cwd: process.cwd(),
    env: environment(options.env),
    memoryMiB: wholeNumber(options.memory, "--memory"),
    cpus: wholeNumber(options.cpus, "--cpus"),
    shares: options.share.map((path) => ({ path: isAbsolute(path) ? path : resolve(path) })),
    stdout: process.stdout,
    stderr: process.stderr,
    signal: interrupt.signal,
    ...(options.timeout === undefined ? {} : { timeoutMs: seconds(options.timeout, "--timeout") * 1000 }),
    ...(interactive ? { terminal: { input: process.stdin, output: process.stdout } } : {}),
  };
  if (interactive) {
    remark("drydock vm: exit or Ctrl-D switches the machine off");
    process.stdin.setRawMode(true);
  }
  try {
    if (machines.length > 0) {
      return await runOnMachines(
        machines.map((machine) => ({ ...(engine ? { engine } : {}), ...machine })),
        request,
        { signal: interrupt.signal, ...(options.until === undefined ? {} : { until: options.until }) },
      );
    }
    const { exitCode } = await runInVm(request, engine);
    if (exitCode !== 0) throw new ExitStatus(exitCode);
  } finally {
    if (interactive) process.stdin.setRawMode(false).unref();
  }
}

/** The machine gets this command's PATH, so that the same Node is found, and what was asked for; nothing else leaks in. */
function environment(pairs: readonly string[]): Record<string, string> {
  const variables: Record<string, string> = { PATH: process.env.PATH ?? "", PS1: "drydock-vm:\\w\\$ " };
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    if (equals < 1) throw failure("CLI_USAGE", `--env: "${pair}" is not NAME=VALUE`);
    variables[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return variables;
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

import { nearestName } from "@drydock/kit";
import { Command } from "commander";
import { commandTable } from "./command-table.ts";
import { failure } from "./errors.ts";
import { commandName, newProgram, parseProgram } from "./parse-program.ts";

/** Runs one command line. Throws what went wrong; the caller makes text and an exit code of it. */
export async function runProgram(given: readonly string[]): Promise<void> {
  const args = asHelpFlag(given);
  const name = commandName(args);
  const entry = name === undefined ? undefined : commandTable[name];
  if (name !== undefined && !entry) throw unknownCommand(name);

  const program = newProgram().addHelpText(
    "after",
    `
Examples:
  drydock up --nodes 3 --detach
  drydock images import .build/images/web-v1.tar --name drydock/web:v1
  drydock apply -f examples/web.yaml
`,
  );
  for (const [other, { summary, group, hidden }] of Object.entries(commandTable)) {
    const loaded = other === name && entry ? await entry.load(args.slice(args.indexOf(name) + 1)) : undefined;
    const command = loaded ?? new Command(other);
    program.addCommand(command.description(summary).helpGroup(group), { hidden: hidden ?? false });
  }
  const words = entry?.takesWordsAfterFirst && name !== undefined ? withSeparator(program, args, name) : args;
  if (args.length === 0) program.outputHelp();
  else await parseProgram(program, words, name);
}

/** Puts `--` before the first operand of a command, so that no flag after it is taken for one of ours. Pure. */
function withSeparator(program: Command, args: readonly string[], name: string): readonly string[] {
  const command = program.commands.find((one) => one.name() === name);
  const options = [...(command?.options ?? []), ...program.options];
  for (let i = args.indexOf(name) + 1; i < args.length; i++) {
    const word = args[i] as string;
    if (word === "--") return args;
    if (!word.startsWith("-") || word === "-") return [...args.slice(0, i), "--", ...args.slice(i)];
    const option = options.find(({ short, long }) => word === short || word === long);
    if (option?.required) i += 1;
  }
  return args;
}

/** `help X` is `X --help`, so that only X gets loaded. */
function asHelpFlag(args: readonly string[]): readonly string[] {
  if (commandName(args) !== "help") return args;
  const at = args.indexOf("help");
  return [...args.slice(0, at), ...args.slice(at + 1), "--help"];
}

function unknownCommand(name: string): Error {
  const visible = Object.keys(commandTable).filter((other) => !commandTable[other]?.hidden);
  const near = nearestName(name, visible);
  return failure("CLI_USAGE", `unknown command "${name}"`, {
    hint: near
      ? `did you mean "drydock ${near}"? drydock --help lists all commands`
      : "drydock --help lists all commands",
  });
}

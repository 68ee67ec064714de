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
  if (args.length === 0) program.outputHelp();
  else await parseProgram(program, args, name);
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

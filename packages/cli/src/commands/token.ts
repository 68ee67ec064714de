import { Command } from "commander";
import { accessOf, withSession } from "../api/session.ts";
import { objectText } from "../output/object-text.ts";
import { print } from "../output/print.ts";
import { tableLines } from "../output/table.ts";
import { seconds } from "../parse/seconds.ts";
import { joinCommandLine, serverForOthers } from "../token/join-command.ts";
import { createToken, deleteToken, listTokens, tokenHeader, tokenRow } from "../token/tokens.ts";

interface CreateFlags {
  ttl: string;
  description: string;
  groups?: string[];
  printJoinCommand?: boolean;
}

export function tokenCommand(): Command {
  const create = new Command("create")
    .description("make a token by which machines join")
    .argument("[token]", "abcdef.0123456789abcdef (default: a new one)")
    .option("--ttl <time>", "how long it lets machines in; 0 for ever", "24h")
    .option("--description <text>", "what it is for", "")
    .option("--groups <group...>", "groups besides system:bootstrappers, each system:bootstrappers:…")
    .option("--print-join-command", "print the command for the machine that is to join")
    .action((token: string | undefined, flags: CreateFlags, command: Command) => create_(token, flags, command));
  const list = new Command("list")
    .alias("ls")
    .description("list tokens, without their secrets")
    .action((_options, command: Command) => list_(command));
  const remove = new Command("delete")
    .alias("rm")
    .description("let nobody in by these tokens any more")
    .argument("<tokens...>", "ids, or tokens")
    .action((tokens: string[], _options, command: Command) => remove_(tokens, command));
  return new Command("token")
    .addCommand(create)
    .addCommand(list)
    .addCommand(remove)
    .addHelpText(
      "after",
      `
Examples:
  drydock token create --ttl 1h --print-join-command
  drydock token list
  drydock token delete abcdef
`,
    );
}

function create_(text: string | undefined, flags: CreateFlags, command: Command): Promise<void> {
  return withSession(command, async ({ client, settings }) => {
    const ttlSeconds = seconds(flags.ttl, "--ttl");
    const { description, groups = [] } = flags;
    const token = await createToken(client, { text, ttlSeconds, description, groups }, Date.now());
    if (!flags.printJoinCommand) return print(token);
    const { server, ca } = await accessOf(settings);
    print(joinCommandLine(await serverForOthers(client, server), token, ca));
  });
}

function list_(command: Command): Promise<void> {
  return withSession(command, async ({ client, settings }) => {
    const tokens = await listTokens(client);
    const { output } = settings;
    if (output === "json" || output === "yaml") return print(await objectText(tokens, output));
    const now = Date.now();
    print(
      tableLines(
        tokenHeader,
        tokens.map((token) => tokenRow(token, now)),
      ).join("\n"),
    );
  });
}

function remove_(tokens: readonly string[], command: Command): Promise<void> {
  return withSession(command, async ({ client }) => {
    for (const token of tokens) print(`token ${await deleteToken(client, token)} deleted`);
  });
}

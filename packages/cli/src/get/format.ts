import { failure } from "../errors.ts";

export type OutputFormat = "table" | "wide" | "yaml" | "json" | "name";

const formats: readonly OutputFormat[] = ["wide", "yaml", "json", "name"];

/** The format that -o asks for; a table when it was not given. `allowed`: what the command can print besides its plain text. */
export function outputFormat(asked: string | undefined, allowed: readonly OutputFormat[] = formats): OutputFormat {
  if (asked === undefined) return "table";
  const format = allowed.find((name) => name === asked);
  if (format) return format;
  throw failure("CLI_USAGE", `-o ${asked}: no such output format here`, { hint: `take ${allowed.join(", ")}` });
}

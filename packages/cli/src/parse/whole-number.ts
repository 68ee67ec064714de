import { failure } from "../errors.ts";

export function wholeNumber(text: string, flag: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw failure("CLI_USAGE", `${flag}: "${text}" is not a whole number`, { hint: "write it like 3" });
}

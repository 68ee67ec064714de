import { styleText } from "node:util";

type Format = Parameters<typeof styleText>[0];

/** Colour where a person reads: on a terminal, unless NO_COLOR is set. */
export function painted(format: Format, text: string): string {
  return process.stdout.isTTY && !process.env.NO_COLOR ? styleText(format, text, { validateStream: false }) : text;
}

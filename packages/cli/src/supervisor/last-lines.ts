import { readTextIfExists } from "@drydock/kit";

/** The last lines of a log, on one line: what a part said before it ended. */
export async function lastLines(path: string, count: number): Promise<string> {
  const text = (await readTextIfExists(path)) ?? "";
  return text.trimEnd().split("\n").slice(-count).join(" | ").slice(-600);
}

import { type DrydockError, hasCode, runCommand } from "@drydock/kit";
import { failure } from "../errors.ts";

export interface IpBatchOptions {
  /** File of the network namespace in which the lines are run; the caller's when left out. */
  netns?: string;
  signal?: AbortSignal;
}

/** What `ip` says when a line has nothing left to do, by the verb of the line. */
const alreadySo: Record<string, RegExp> = {
  add: /File exists|already (exists|assigned)/,
  del: /Cannot find device|No such (process|file or directory|device)|Cannot assign requested address|does not exist/,
};

/**
 * Runs lines of `ip` (ip(8), `-batch`) as one process, e.g. `link add br0 type bridge`. Lines that add what is there or
 * delete what is not are no failure, so a batch can be run again. Throws LINUX_NETWORK_FAILED with the first line that
 * failed; the lines after it were tried as well, unless ip could not understand it.
 */
export async function ipBatch(lines: readonly string[], options: IpBatchOptions = {}): Promise<void> {
  if (lines.length === 0) return;
  const ip = ["ip", "-force", "-batch", "-"];
  const [file = "ip", ...args] = options.netns ? ["nsenter", `--net=${options.netns}`, ...ip] : ip;
  try {
    await runCommand(file, args, {
      input: `${lines.join("\n")}\n`,
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } catch (error) {
    if (!hasCode(error, "COMMAND_FAILED")) throw error;
    const problems = parseFailures(String(error.details.stderr ?? ""));
    const first = problems.find(
      ({ line, message }) => line === undefined || !isAlreadySo(lines[line - 1] ?? "", message),
    );
    if (!first && problems.length > 0) return;
    throw batchFailed(lines, first, options, error);
  }
}

function batchFailed(
  lines: readonly string[],
  problem: LineFailure | undefined,
  options: IpBatchOptions,
  cause: DrydockError,
) {
  const number = problem && (problem.line ?? lineOf(lines, problem.message));
  const line = number === undefined ? undefined : lines[number - 1];
  const where = line === undefined ? `a batch of ${lines.length} lines` : line;
  const place = number === undefined ? "" : ` (line ${number})`;
  return failure("LINUX_NETWORK_FAILED", problem ? `ip ${where}: ${problem.message}${place}` : cause.message, {
    details: {
      line: line ?? null,
      lineNumber: number ?? null,
      reason: problem?.message ?? null,
      netns: options.netns ?? null,
    },
    cause,
  });
}

/** A line that ip does not understand ends the batch without its number; ip quotes the word that it stumbled over. */
function lineOf(lines: readonly string[], message: string): number | undefined {
  const word = /"([^"]+)"/.exec(message)?.[1];
  const index = word === undefined ? -1 : lines.findIndex((line) => line.split(/\s+/).includes(word));
  return index < 0 ? undefined : index + 1;
}

export interface LineFailure {
  /** 1 for the first; undefined when ip ended on the line without saying which it was. */
  line: number | undefined;
  message: string;
}

/** `RTNETLINK answers: File exists` and then `Command failed -:3`, for each line that failed. */
export function parseFailures(stderr: string): LineFailure[] {
  const failures: LineFailure[] = [];
  let said: string[] = [];
  for (const text of stderr.split("\n")) {
    const end = /^Command failed .*:(\d+)$/.exec(text);
    if (end) {
      failures.push({ line: Number(end[1]), message: asMessage(said) });
      said = [];
    } else if (text.trim() !== "") {
      said.push(text.trim());
    }
  }
  if (said.length > 0) failures.push({ line: undefined, message: asMessage(said) });
  return failures;
}

function asMessage(said: readonly string[]): string {
  return said.join("; ").replace(/^(RTNETLINK answers|Error): /, "") || "failed";
}

function isAlreadySo(line: string, message: string): boolean {
  const verb = line.split(/\s+/).find((word) => word in alreadySo);
  return verb !== undefined && (alreadySo[verb]?.test(message) ?? false);
}

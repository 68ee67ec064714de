import { hasCode, runCommand } from "@drydock/kit";
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
 * failed; the lines after it were tried as well.
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
    const first = problems.find(({ line, message }) => !isAlreadySo(lines[line - 1] ?? "", message));
    if (!first && problems.length > 0) return;
    const line = first && lines[first.line - 1];
    throw failure("LINUX_NETWORK_FAILED", first ? `ip ${line}: ${first.message} (line ${first.line})` : error.message, {
      details: {
        ...(first ? { line, lineNumber: first.line, reason: first.message } : {}),
        netns: options.netns ?? null,
      },
      cause: error,
    });
  }
}

/** `RTNETLINK answers: File exists` and then `Command failed -:3`, for each line that failed. */
export function parseFailures(stderr: string): { line: number; message: string }[] {
  const failures: { line: number; message: string }[] = [];
  let said: string[] = [];
  for (const text of stderr.split("\n")) {
    const end = /^Command failed .*:(\d+)$/.exec(text);
    if (end) {
      failures.push({
        line: Number(end[1]),
        message: said.join("; ").replace(/^(RTNETLINK answers|Error): /, "") || "failed",
      });
      said = [];
    } else if (text.trim() !== "") {
      said.push(text.trim());
    }
  }
  return failures;
}

function isAlreadySo(line: string, message: string): boolean {
  const verb = line.split(/\s+/).find((word) => word in alreadySo);
  return verb !== undefined && (alreadySo[verb]?.test(message) ?? false);
}

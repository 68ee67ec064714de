/** One system call that has ended, or the end of a process, as `strace -f -T` writes them. */
export type TraceEvent =
  | { type: "call"; pid: number; name: string; errno?: string; seconds: number; args: string }
  | { type: "exit"; pid: number; code: number }
  | { type: "killed"; pid: number; signal: string }
  | { type: "signal"; pid: number; signal: string };

/** The result at the end of a line: `= 3 <0.000012>`, `= -1 ENOENT (No such file or directory) <0.1>`, `= ? <unavailable>`. */
const resultPattern = / = (\?|-?\d+|0x[0-9a-f]+)(?: (E[A-Z0-9]+))?(?: \([^<]*\))?(?: <(\d+\.\d+|unavailable)>)?$/;

/**
 * Reads the lines of `strace -f -T -o FILE`, one after the other, and puts calls that another process has cut in two together again. Arguments may hold
 * anything, also what looks like a result: the last one of a line counts.
 */
export class StraceParser {
  /** The first half of a call that is not finished, by process. */
  readonly #unfinished = new Map<number, { name: string; args: string }>();

  /** Undefined for a line that says nothing yet, or nothing that we know. */
  parse(line: string): TraceEvent | undefined {
    const found = /^(\d+)\s+(.*)$/s.exec(line);
    if (!found) return undefined;
    const pid = Number(found[1]);
    const text = found[2] as string;
    if (text.startsWith("+++") || text.startsWith("---")) return this.#event(pid, text);
    const resumed = /^<\.\.\. ([\w?]+) resumed>/.exec(text);
    if (resumed) return this.#resumed(pid, resumed[1] as string, text.slice(resumed[0].length));
    const open = text.indexOf("(");
    const name = text.slice(0, open);
    if (open < 1 || !/^\w+$/.test(name)) return undefined;
    const rest = text.slice(open + 1);
    if (rest.endsWith("<unfinished ...>")) {
      this.#unfinished.set(pid, { name, args: rest.slice(0, -"<unfinished ...>".length) });
      return undefined;
    }
    return finished(pid, name, rest);
  }

  #resumed(pid: number, name: string, rest: string): TraceEvent | undefined {
    const begun = this.#unfinished.get(pid);
    this.#unfinished.delete(pid);
    return finished(pid, begun?.name ?? name, `${begun?.args ?? ""}${rest}`);
  }

  #event(pid: number, text: string): TraceEvent | undefined {
    const exit = /^\+\+\+ exited with (\d+) \+\+\+/.exec(text);
    if (exit) return { type: "exit", pid, code: Number(exit[1]) };
    const killed = /^\+\+\+ killed by (\w+)/.exec(text);
    if (killed) return { type: "killed", pid, signal: killed[1] as string };
    const signal = /^--- (SIG\w+)/.exec(text);
    return signal ? { type: "signal", pid, signal: signal[1] as string } : undefined;
  }
}

function finished(pid: number, name: string, rest: string): TraceEvent | undefined {
  // exit and exit_group have no result, and a call that a signal ended may have lost its time.
  const result = resultPattern.exec(rest.slice(Math.max(0, rest.lastIndexOf(" = "))));
  if (!result) return undefined;
  const [, , errno, time] = result;
  return {
    type: "call",
    pid,
    name,
    seconds: time === undefined || time === "unavailable" ? 0 : Number(time),
    args: rest.slice(0, rest.lastIndexOf(" = ")),
    ...(errno === undefined ? {} : { errno }),
  };
}

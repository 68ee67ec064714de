/** One command of a transcript, with what it is to print (stdout and stderr together) and its exit code. */
export interface Step {
  /** Comment lines above the command. */
  comments: string[];
  command: string;
  output: string;
  exitCode: number;
}

/**
 * Reads a transcript:
 *
 *     # why this command
 *     $ kubectl get nodes
 *     No resources found
 *     [exit 0]
 */
export function parseTranscript(text: string): Step[] {
  const steps: Step[] = [];
  let comments: string[] = [];
  let open: { command: string; output: string[] } | undefined;
  for (const line of text.split("\n")) {
    const exit = /^\[exit (\d+)\]$/.exec(line);
    if (open && exit) {
      steps.push({ comments, command: open.command, output: open.output.join("\n"), exitCode: Number(exit[1]) });
      comments = [];
      open = undefined;
    } else if (open) {
      open.output.push(line);
    } else if (line.startsWith("$ ")) {
      open = { command: line.slice(2), output: [] };
    } else if (line.startsWith("#")) {
      comments.push(line);
    } else if (line.trim() !== "") {
      throw new Error(`a transcript has comments, "$ command", its output and "[exit N]", not: ${line}`);
    }
  }
  if (open) throw new Error(`no [exit N] after: ${open.command}`);
  return steps;
}

export function formatTranscript(steps: readonly Step[]): string {
  return steps
    .map(({ comments, command, output, exitCode }) => {
      const lines = [...comments, `$ ${command}`, ...(output === "" ? [] : [output]), `[exit ${exitCode}]`];
      return `${lines.join("\n")}\n`;
    })
    .join("\n");
}

/** The lines of an error of vagrant that say what is wrong: without the stack of Ruby, which comes after them and is longer. Pure. */
export function reasonIn(lines: readonly string[]): string[] {
  const said = lines.map((line) => line.trim()).filter((line) => line !== "" && !stackFrame.test(line));
  return said.slice(-8);
}

/** `from /usr/…/machine.rb:42:in `block in action'`, and the first of them, which has no `from` and stands in the line of the message. */
const stackFrame = /^from \S+:\d+:in /;

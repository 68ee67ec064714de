/** What of vagrant's talk is progress: of which machine, and what it is at. */
export interface Progress {
  machine: string;
  text: string;
}

/** Lines that say how far a machine is, in vagrant's words and in ours; what a provisioning script says is passed on. */
const milestones: readonly [pattern: RegExp, text: string][] = [
  [/^Creating domain|^Importing base box|^Cloning VM/, "is created"],
  [/^Starting domain|^Booting VM/, "boots"],
  [/^Machine booted and ready/, "answers"],
  [/^Rsyncing folder|^Mounting shared folders/, "gets Drydock's files"],
  [/^Running provisioner: (\S+)/, "is provisioned: $1"],
  [/^(?:control-plane|node|load-balancer): (.+)/, "$1"],
  [/^Destroying|^Removing domain/, "is removed"],
];

/** `==> w1: Machine booted and ready!` -> w1 answers; undefined for everything that is only noise. Pure. */
export function progressOf(line: string): Progress | undefined {
  const match = /^(?:==> )?([a-z][a-z0-9-]*): +(.*)$/.exec(line.replace(/\u001b\[[0-9;]*[A-Za-z]/g, ""));
  if (!match) return undefined;
  const [, machine = "", said = ""] = match;
  for (const [pattern, text] of milestones) {
    const found = pattern.exec(said);
    if (found) return { machine, text: text.replace("$1", found[1] ?? "") };
  }
  return undefined;
}

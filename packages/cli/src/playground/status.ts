/** A machine as vagrant sees it. */
export interface Machine {
  name: string;
  provider: string;
  /** running, shutoff, poweroff, not_created … as the provider calls it. */
  state: string;
}

/**
 * What `vagrant status --machine-readable` says: lines of `timestamp,machine,type,data`
 * (https://developer.hashicorp.com/vagrant/docs/cli/machine-readable). Pure.
 */
export function parseStatus(text: string): Machine[] {
  const machines = new Map<string, Machine>();
  for (const line of text.split("\n")) {
    const [, name = "", type = "", data = ""] = line.trim().split(",");
    if (name === "") continue;
    const machine = machines.get(name) ?? { name, provider: "", state: "unknown" };
    if (type === "provider-name") machine.provider = data;
    else if (type === "state") machine.state = data;
    else continue;
    machines.set(name, machine);
  }
  return [...machines.values()];
}

import { failure } from "../errors.ts";
import { machineNames, type PlaygroundSettings } from "./settings.ts";
import { parseStatus } from "./status.ts";
import { vagrantOutput } from "./vagrant.ts";

const table = "drydock_partition";

/** Throws CLI_USAGE for a machine that is none, PLAYGROUND_NOT_RUNNING for one that does not run. */
export async function requireRunning(settings: PlaygroundSettings, name: string): Promise<void> {
  requireMachine(settings, name);
  const state = await stateOf(settings, name);
  if (state === "running") return;
  throw failure("PLAYGROUND_NOT_RUNNING", `${name} does not run: ${state ?? "it is unknown to vagrant"}`, {
    hint: "drydock playground up starts what does not run",
  });
}

async function stateOf(settings: PlaygroundSettings, name: string): Promise<string | undefined> {
  return parseStatus(await vagrantOutput(settings, ["status", name, "--machine-readable"]))[0]?.state;
}

export function requireMachine(settings: PlaygroundSettings, name: string): void {
  const names = machineNames(settings);
  if (names.includes(name)) return;
  throw failure("CLI_USAGE", `there is no machine "${name}"`, { hint: `there are: ${names.join(", ")}` });
}

/** libvirt gives up after 15 s on a process that a busy host does not let end; it has been told by then. */
const killTries = 3;

/** Switches a machine off as if its plug were pulled: nothing in it is told. */
export async function kill(settings: PlaygroundSettings, name: string): Promise<void> {
  await requireRunning(settings, name);
  for (let tries = 1; ; tries++) {
    try {
      await vagrantOutput(settings, ["halt", "--force", name]);
      return;
    } catch (error) {
      if ((await stateOf(settings, name)) !== "running") return;
      if (tries === killTries) throw error;
    }
  }
}

/**
 * Cuts a machine off from the others: everything that comes in or goes out by its interface on the private network is dropped, silently, as by a
 * broken switch. vagrant reaches it by another one.
 */
export async function partition(settings: PlaygroundSettings, name: string): Promise<void> {
  await requireRunning(settings, name);
  await inMachine(settings, name, partitionScript(settings.network));
}

/** Ends a partition. Returns whether there was one. */
export async function endPartition(settings: PlaygroundSettings, name: string): Promise<boolean> {
  await requireRunning(settings, name);
  return (await inMachine(settings, name, healScript)).includes("healed");
}

/** Pure. The table is replaced in one transaction, so a second partition is the same as one. */
export function partitionScript(network: string): string {
  return `set -eu
device=$(ip -o -4 addr | awk -v net='${network}.' 'index($4, net) == 1 { print $2; exit }')
[ -n "$device" ] || { echo "no interface on ${network}.0/24" >&2; exit 1; }
nft -f - <<RULES
table inet ${table} { }
delete table inet ${table}
table inet ${table} {
  chain in { type filter hook input priority -300; iifname "$device" drop; }
  chain out { type filter hook output priority -300; oifname "$device" drop; }
  chain through { type filter hook forward priority -300; iifname "$device" drop; oifname "$device" drop; }
}
RULES
`;
}

const healScript = `nft delete table inet ${table} 2>/dev/null && echo healed || true\n`;

function inMachine(settings: PlaygroundSettings, name: string, script: string): Promise<string> {
  const quoted = `'${script.replaceAll("'", "'\\''")}'`;
  return vagrantOutput(settings, ["ssh", name, "--no-tty", "--command", `sudo sh -c ${quoted}`]);
}

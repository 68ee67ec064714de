import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { hasCode, readTextIfExists, runCommand } from "@drydock/kit";
import type { NetworkPlan } from "../../network/plan.ts";
import type { Identity } from "../identity.ts";

const forwarding = "/proc/sys/net/ipv4/ip_forward";
/** What ip_forward was before the first cluster of this machine; the last one that goes puts it back. */
const forwardingBefore = "/run/drydock/ip-forward-before";

/** A bridge, and the table with the rule for what comes from it. */
type Way = Pick<Identity, "table" | "bridge">;

/** Lets nodes reach what the host reaches, with the host's address. Says in words how it is. */
export async function openOutbound({ table, bridge }: Way, { cidr }: Pick<NetworkPlan, "cidr">): Promise<string> {
  const rules = `table ip ${table} {
  chain postrouting {
    type nat hook postrouting priority 100;
    ip saddr ${cidr} oifname != "${bridge}" masquerade
  }
}
`;
  try {
    await runCommand("nft", ["-f", "-"], { input: rules });
  } catch (error) {
    if (hasCode(error, "COMMAND_NOT_FOUND"))
      return "none: nodes reach only the cluster, because nft is not installed (package nftables)";
    if (hasCode(error, "COMMAND_FAILED"))
      return "none: nodes reach only the cluster, because this kernel refuses nft tables";
    throw error;
  }
  await switchForwardingOn();
  return `by the host's address (nft table ${table})`;
}

async function switchForwardingOn(): Promise<void> {
  const before = (await readFile(forwarding, "utf8")).trim();
  if (before === "1") return;
  await mkdir(dirname(forwardingBefore), { recursive: true });
  await writeFile(forwardingBefore, before);
  await writeFile(forwarding, "1");
}

export async function tableExists({ table }: Pick<Way, "table">): Promise<boolean> {
  try {
    return (await runCommand("nft", ["list", "tables", "ip"])).split("\n").includes(`table ip ${table}`);
  } catch (error) {
    // Without nft, or a kernel that takes its calls, there cannot be a table.
    if (hasCode(error, "COMMAND_NOT_FOUND", "COMMAND_FAILED")) return false;
    throw error;
  }
}

/** Undoes `openOutbound`; ip_forward stays on while another cluster has a bridge. */
export async function closeOutbound(identity: Way): Promise<void> {
  if (await tableExists(identity)) await runCommand("nft", ["delete", "table", "ip", identity.table]);
  const before = await readTextIfExists(forwardingBefore);
  if (before === undefined) return;
  const others = (await readdir("/sys/class/net")).filter(
    (name) => /^dd[-r][0-9a-f]{8}$/.test(name) && name !== identity.bridge,
  );
  if (others.length > 0) return;
  await writeFile(forwarding, before);
  await rm(forwardingBefore, { force: true });
}

import { makeBridge } from "./host/bridge.ts";
import { openOutbound } from "./host/outbound.ts";
import type { Plan } from "./plan.ts";

/** Makes the host's side of the cluster's network. Returns how nodes reach the outside, in words. */
export async function makeHostNetwork({ identity, network, settings }: Plan): Promise<string> {
  await makeBridge(identity.bridge, network, settings.nodes);
  return openOutbound(identity, network);
}

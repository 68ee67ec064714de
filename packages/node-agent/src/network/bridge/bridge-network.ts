import { createHash } from "node:crypto";
import type { Logger } from "@drydock/kit";
import { runProgram } from "@drydock/linux";
import { type Cidr, gatewayOf } from "../cidr.ts";
import type { Attached, PodAttachment, PodNetwork } from "../pod-network.ts";
import { AddressPool } from "./address-pool.ts";
import { addressProgram } from "./address-program.ts";
import { ensureBridge, plugIntoBridge } from "./bridge.ts";

export interface BridgeNetworkOptions {
  bridge: string;
  cidr: Cidr;
  /** Where it is written down who has which address. */
  addresses: string;
  logger: Logger;
}

/**
 * The network of a node that was told nothing else: a bridge, an address of the node's range for each pod, no other program than `ip`. It does what CNI's
 * bridge and host-local do, several times faster: see docs/adr/0018-cni-beside-our-own-bridge.md.
 */
export class BridgeNetwork implements PodNetwork {
  readonly #options: BridgeNetworkOptions;
  readonly #addresses: AddressPool;

  constructor(options: BridgeNetworkOptions) {
    this.#options = options;
    this.#addresses = new AddressPool(options.addresses, options.cidr);
  }

  async open(kept: Pick<ReadonlySet<string>, "has">): Promise<void> {
    const { bridge, cidr, logger } = this.#options;
    await ensureBridge(bridge, cidr);
    const freed = await this.#addresses.releaseOthers(kept);
    if (freed.length > 0) logger.info({ freed }, "addresses of pods that are gone are free again");
  }

  async attach({ podUid, netns }: PodAttachment, made: Promise<void>): Promise<Attached> {
    const [ip] = await Promise.all([this.#addresses.allocate(podUid), made]);
    return { ip, connected: this.#connect(podUid, netns, ip) };
  }

  /** The kernel removes both ends of the pod's cable with its namespace. */
  async disconnect(): Promise<void> {}

  release(podUid: string): Promise<void> {
    return this.#addresses.release(podUid);
  }

  async #connect(podUid: string, netns: string, ip: string): Promise<void> {
    const { bridge, cidr } = this.#options;
    await plugIntoBridge(bridge, vethName(podUid), netns);
    await runProgram(addressProgram(netns, { ip, prefix: cidr.prefix, gateway: gatewayOf(cidr) }));
  }
}

/** The node's end of a pod's cable; interface names have at most 15 characters. */
function vethName(uid: string): string {
  return `veth${createHash("sha256").update(uid).digest("hex").slice(0, 8)}`;
}

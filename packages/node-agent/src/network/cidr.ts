import { isIPv4 } from "node:net";
import { agentError } from "../errors.ts";

/** An IPv4 network as numbers, so that addresses can be counted. */
export interface Cidr {
  base: number;
  prefix: number;
  /** All addresses, network and broadcast included. */
  size: number;
}

export function parseCidr(text: string): Cidr {
  const [address = "", prefixText = ""] = text.split("/");
  const prefix = Number(prefixText);
  if (!isIPv4(address) || !/^\d+$/.test(prefixText) || prefix < 8 || prefix > 29) {
    throw agentError("AGENT_BAD_CIDR", `pod range ${text} is not an IPv4 network between /8 and /29`, {
      hint: "write it like 10.88.1.0/24",
    });
  }
  const size = 2 ** (32 - prefix);
  return { base: toNumber(address) - (toNumber(address) % size), prefix, size };
}

/** The address number `index` of a network: 0 is the network itself, 1 the gateway. */
export function addressAt(cidr: Cidr, index: number): string {
  const value = cidr.base + index;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

export function gatewayOf(cidr: Cidr): string {
  return addressAt(cidr, 1);
}

export function indexOf(cidr: Cidr, address: string): number {
  return toNumber(address) - cidr.base;
}

function toNumber(address: string): number {
  return address.split(".").reduce((value, part) => value * 256 + Number(part), 0);
}

import { vmError } from "../errors.ts";

/** What a machine is told about the network that it shares with others. */
export interface NetworkPlace {
  /** Its host name, by which the others find it. */
  name: string;
  /** IPv4 address; the network is PREFIX_LENGTH bits long and leads nowhere else. */
  address: string;
  mac: string;
  /** The host's end of its cable, an interface of the segment's network namespace. */
  tap: string;
}

export const PREFIX_LENGTH = 24;
/** From TEST-NET-2 (RFC 5737): no real network has these addresses, so none can be hidden by them. */
const NETWORK = "198.51.100";
const FIRST_HOST = 11;
const MOST_MACHINES = 32;

/** One place for each name, in order: the first gets 198.51.100.11. Throws VM_BAD_REQUEST for names that are no host names or come twice. Pure. */
export function networkPlaces(names: readonly string[]): NetworkPlace[] {
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) {
    throw vmError("VM_BAD_REQUEST", `two machines are called ${twice}`, {
      hint: "give each machine a name of its own",
    });
  }
  const bad = names.find((name) => !/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name) || name === "localhost");
  if (bad !== undefined) {
    throw vmError("VM_BAD_REQUEST", `"${bad}" cannot be the name of a machine`, {
      hint: "a host name: small letters, digits and dashes, a letter first",
    });
  }
  if (names.length > MOST_MACHINES) {
    throw vmError("VM_BAD_REQUEST", `${names.length} machines were asked for, ${MOST_MACHINES} fit in a network`);
  }
  return names.map((name, at) => ({
    name,
    address: `${NETWORK}.${FIRST_HOST + at}`,
    // 02: locally administered, not a group (IEEE 802).
    mac: `02:00:c6:33:64:${(FIRST_HOST + at).toString(16).padStart(2, "0")}`,
    tap: `vm${at}`,
  }));
}

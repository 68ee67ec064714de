import { type NetworkPlace, PREFIX_LENGTH } from "./plan.ts";

/** Where a machine stands in a network, with everybody in it: what a request for a networked machine carries. */
export interface NetworkPort {
  self: NetworkPlace;
  everybody: readonly NetworkPlace[];
  /** The segment's namespace, in which the engine has to run. */
  netns: string;
}

/** Shell lines of the first process: the interface called `device` becomes eth0 with our address, and every name is in /etc/hosts. Pure. */
export function guestNetworkLines(port: NetworkPort, device: string): string[] {
  const { self, everybody } = port;
  const hosts = [
    "127.0.0.1 localhost",
    "::1 localhost ip6-localhost",
    ...everybody.map(({ address, name }) => `${address} ${name}`),
  ];
  return [
    ...(device === "eth0" ? [] : [`$B ip link set ${device} name eth0`]),
    `$B ip link set eth0 address ${self.mac}`,
    `$B ip address add ${self.address}/${PREFIX_LENGTH} dev eth0; $B ip link set eth0 up`,
    // Removed first: the host's file may be a link to somewhere else.
    "$B rm -f $N/etc/hosts",
    ...hosts.map((line) => `echo '${line}' >>$N/etc/hosts`),
    `$B hostname ${self.name}`,
  ];
}

/** The command line that starts an engine where its cable is. */
export function inNamespace(port: NetworkPort | undefined, file: string, args: readonly string[]): [string, string[]] {
  return port === undefined ? [file, [...args]] : ["nsenter", [`--net=${port.netns}`, "--", file, ...args]];
}

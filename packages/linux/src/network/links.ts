/** Lines for ipBatch. Names of interfaces are at most 15 characters (IFNAMSIZ). */

/** A bridge with an address of its own, up. `address`: with prefix length, e.g. 10.88.1.1/24. */
export function bridgeLines(name: string, address: string): string[] {
  return [`link add ${name} type bridge`, `address replace ${address} dev ${name}`, `link set ${name} up`];
}

/** A cable from a bridge into a network namespace (its file); the end inside is called `inside`. Run where the bridge is. */
export function vethLines(options: { name: string; bridge: string; netns: string; inside: string }): string[] {
  const { name, bridge, netns, inside } = options;
  return [
    `link add ${name} type veth peer name ${inside} netns ${netns}`,
    `link set ${name} master ${bridge}`,
    `link set ${name} up`,
  ];
}

/** The inner end of a cable: run with `netns`. */
export function interfaceLines(options: { name: string; address: string; gateway?: string }): string[] {
  return [
    `address replace ${options.address} dev ${options.name}`,
    `link set ${options.name} up`,
    ...(options.gateway ? [`route replace default via ${options.gateway} dev ${options.name}`] : []),
  ];
}

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CriPlugin } from "./config-toml.ts";

export interface LocalCriOptions {
  /** The instance's own. */
  directory: string;
  sandboxImage: string;
  /** Where the plugins are; /usr/lib/cni, Debian's, unless stated. */
  binDir?: string;
}

/** Files named for the addresses that are taken, below the instance's directory (host-local's `dataDir`, one directory a network). */
export function takenAddressesDirectory(directory: string): string {
  return join(directory, "cni-addresses", networkName);
}

const networkName = "pods";

/**
 * Writes what an instance's CRI plugin needs for a network that leaves nothing outside of its directory: a cable for each pod and a route to
 * it, no bridge. It waits for its range (UpdateRuntimeConfig).
 */
export async function localCriPlugin(options: LocalCriOptions): Promise<CriPlugin> {
  const { directory, sandboxImage, binDir = "/usr/lib/cni" } = options;
  const [confDir, confTemplate] = [join(directory, "cni"), join(directory, "cni.template")];
  await mkdir(confDir, { recursive: true });
  const ipam = {
    type: "host-local",
    ranges: [[{ subnet: "{{.PodCIDR}}" }]],
    routes: [{ dst: "0.0.0.0/0" }],
    dataDir: join(directory, "cni-addresses"),
  };
  const conf = { cniVersion: "0.4.0", name: networkName, plugins: [{ type: "ptp", ipam }] };
  await writeFile(confTemplate, JSON.stringify(conf));
  return { sandboxImage, cni: { binDir, confDir, confTemplate } };
}

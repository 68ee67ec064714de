import type { NamespaceKind } from "@drydock/linux";
import type { RuntimeConfig } from "../types.ts";
import { invalid } from "./check.ts";

const ofIpc = [/^kernel\/(shm|msg)/, /^kernel\/sem$/, /^fs\/mqueue\//];

/**
 * The file below /proc/sys of a sysctl. Dots separate, unless the name has a slash (sysctl.d(5)): then dots belong to
 * the name, as in net/ipv4/conf/eth0.1/forwarding.
 */
export function sysctlFile(name: string): string {
  return name.includes("/") ? name : name.replaceAll(".", "/");
}

/** Only settings that belong to a namespace of the container may be changed: the others are the host's. */
export function checkSysctl(config: RuntimeConfig): void {
  const own = new Set(config.linux?.namespaces?.map(({ type }) => type));
  for (const name of Object.keys(config.linux?.sysctl ?? {})) {
    const path = `linux.sysctl[${JSON.stringify(name)}]`;
    const file = sysctlFile(name);
    if (file.split("/").some((part) => part === ".." || part === "." || part === ""))
      throw invalid(path, "is not a sysctl's name");
    const needed: NamespaceKind | undefined = file.startsWith("net/")
      ? "network"
      : ofIpc.some((pattern) => pattern.test(file))
        ? "ipc"
        : undefined;
    if (!needed) throw invalid(path, "belongs to the whole host, not to a container");
    if (!own.has(needed)) throw invalid(path, `would change the host: the container has no ${needed} namespace`);
  }
}

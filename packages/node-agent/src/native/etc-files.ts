import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SandboxSpec } from "../port/pod-runtime.ts";

/** Writes what all containers of a pod see as /etc/hosts, /etc/hostname and /etc/resolv.conf. */
export async function writeEtcFiles(directory: string, spec: SandboxSpec, ip: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const resolvConf = spec.dns.nameservers.length > 0 ? resolvConfText(spec.dns) : await nodeResolvConf();
  await Promise.all([
    writeFile(join(directory, "hosts"), hostsText(spec, ip)),
    writeFile(join(directory, "hostname"), `${spec.hostname}\n`),
    writeFile(join(directory, "resolv.conf"), resolvConf),
  ]);
}

/** Source: kubernetes pkg/kubelet/kubelet_pods.go, managedHostsFileContent. */
export function hostsText(spec: Pick<SandboxSpec, "hostname" | "hostAliases">, ip: string): string {
  const lines = [
    "# Drydock-managed hosts file.",
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost ip6-localhost ip6-loopback",
    "fe00::\tip6-localnet",
    "fe00::\tip6-mcastprefix",
    "fe00::1\tip6-allnodes",
    "fe00::2\tip6-allrouters",
    `${ip}\t${spec.hostname}`,
    ...spec.hostAliases.map((alias) => `${alias.ip}\t${alias.hostnames.join("\t")}`),
  ];
  return `${lines.join("\n")}\n`;
}

export function resolvConfText({ nameservers, searches, options }: SandboxSpec["dns"]): string {
  const lines = [
    ...(searches.length > 0 ? [`search ${searches.join(" ")}`] : []),
    ...nameservers.map((server) => `nameserver ${server}`),
    ...(options.length > 0 ? [`options ${options.join(" ")}`] : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** Without a DNS server of the cluster a pod resolves names as its node does. */
async function nodeResolvConf(): Promise<string> {
  // A machine need not have one; then nothing is resolved.
  return readFile("/etc/resolv.conf", "utf8").catch(() => "");
}

import { readFile } from "node:fs/promises";
import { failure } from "../errors.ts";
import type { PlaygroundSettings } from "./settings.ts";
import { vagrantOutput } from "./vagrant.ts";

/** Providers that come with Vagrant bring no plugin; the program tells that they are there. */
const builtIn: readonly { provider: string; program: string }[] = [{ provider: "virtualbox", program: "VBoxManage" }];
const plugins: readonly { provider: string; plugin: string }[] = [
  { provider: "libvirt", plugin: "vagrant-libvirt" },
  { provider: "parallels", plugin: "vagrant-parallels" },
  { provider: "vmware_desktop", plugin: "vagrant-vmware-desktop" },
];

/** The provider to use: the one that was asked for, else the first that is here; undefined when none is. Pure. */
export function chooseProvider(
  asked: string | undefined,
  pluginList: string,
  hasProgram: (name: string) => boolean,
): string | undefined {
  const here = [
    ...plugins.filter(({ plugin }) => pluginList.split("\n").some((line) => line.startsWith(`${plugin} `))),
    ...builtIn.filter(({ program }) => hasProgram(program)),
  ].map(({ provider }) => provider);
  return asked === undefined ? here[0] : here.find((provider) => provider === asked);
}

/** MiB that the machines take when they run. Pure. */
export function memoryWanted({ workers, controlPlaneMemory, workerMemory }: PlaygroundSettings): number {
  return controlPlaneMemory + workers * workerMemory;
}

/** MiB that are free for the asking, of /proc/meminfo (proc(5)); undefined where there is none. Pure. */
export function memoryAvailable(meminfo: string): number | undefined {
  const match = /^MemAvailable: +(\d+) kB$/m.exec(meminfo);
  return match ? Math.floor(Number(match[1]) / 1024) : undefined;
}

/** Looks whether this machine can carry the playground, before anything is made. Returns the provider. */
export async function preflight(
  settings: PlaygroundSettings,
  asked: string | undefined,
  hasProgram: (name: string) => boolean,
): Promise<string> {
  const provider = chooseProvider(asked, await vagrantOutput(settings, ["plugin", "list"]), hasProgram);
  if (provider === undefined) {
    throw failure(
      "PLAYGROUND_NO_PROVIDER",
      asked === undefined
        ? "vagrant has no provider here: neither libvirt, VirtualBox, Parallels nor VMware"
        : `vagrant has no provider "${asked}" here`,
      { hint: "on Debian: apt-get install -y vagrant-libvirt libvirt-daemon-system; or install VirtualBox" },
    );
  }
  const wanted = memoryWanted(settings);
  // Only Linux has this file; elsewhere the provider finds out.
  const available = memoryAvailable(await readFile("/proc/meminfo", "utf8").catch(() => ""));
  if (available !== undefined && available < wanted) {
    throw failure(
      "PLAYGROUND_MEMORY",
      `${settings.workers + 1} machines take ${wanted} MiB, and ${available} MiB are available`,
      { hint: "fewer or smaller machines: DRYDOCK_WORKERS=1, DRYDOCK_MEM_CP=1536, DRYDOCK_MEM_W=768" },
    );
  }
  return provider;
}

import { readFile } from "node:fs/promises";
import { hasCode, messageOf, runCommand } from "@drydock/kit";
import { failure } from "../errors.ts";
import { machineNames, memoryWanted, type PlaygroundSettings, plainProgram } from "./settings.ts";
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

/** MiB that are free for the asking, of /proc/meminfo (proc(5)); undefined where there is none. Pure. */
export function memoryAvailable(meminfo: string): number | undefined {
  const match = /^MemAvailable: +(\d+) kB$/m.exec(meminfo);
  return match ? Math.floor(Number(match[1]) / 1024) : undefined;
}

/** Who makes the machines, and by which of vagrant's providers. */
export interface Maker {
  program: string;
  provider: string;
}

/**
 * Looks whether this machine can carry the playground, before anything is made. Where vagrant cannot be used, and nobody has asked for one of its
 * providers, says what answered and takes plain QEMU.
 */
export async function preflight(
  settings: PlaygroundSettings,
  asked: string | undefined,
  hasProgram: (name: string) => boolean,
  say: (text: string) => void,
): Promise<Maker> {
  const maker = await chooseMaker(settings, asked, hasProgram, say);
  const wanted = memoryWanted(settings);
  // Only Linux has this file; elsewhere the provider finds out.
  const available = memoryAvailable(await readFile("/proc/meminfo", "utf8").catch(() => ""));
  if (available !== undefined && available < wanted) {
    throw failure(
      "PLAYGROUND_MEMORY",
      `${machineNames(settings).length} machines take ${wanted} MiB, and ${available} MiB are available`,
      { hint: "fewer or smaller machines: DRYDOCK_WORKERS=1, DRYDOCK_MEM_CP=1536, DRYDOCK_MEM_W=768" },
    );
  }
  return maker;
}

async function chooseMaker(
  settings: PlaygroundSettings,
  asked: string | undefined,
  hasProgram: (name: string) => boolean,
  say: (text: string) => void,
): Promise<Maker> {
  const plain = { program: plainProgram(settings.directory), provider: "plain" };
  // A playground that is there goes on as it began.
  if (asked === "plain" || settings.program === plain.program) return plain;
  try {
    return { program: settings.program, provider: await vagrantProvider(settings, asked, hasProgram) };
  } catch (error) {
    const usable = hasCode(error, "PLAYGROUND_NO_VAGRANT", "PLAYGROUND_NO_PROVIDER") && asked === undefined;
    if (!usable || !hasProgram("qemu-system-x86_64")) throw error;
    say(`playground: ${error.message}; so these are plain QEMU machines, provisioned by the same scripts`);
    return plain;
  }
}

async function vagrantProvider(
  settings: PlaygroundSettings,
  asked: string | undefined,
  hasProgram: (name: string) => boolean,
): Promise<string> {
  const provider = chooseProvider(asked, await vagrantOutput(settings, ["plugin", "list"]), hasProgram);
  const hint = "on Debian: apt-get install -y vagrant-libvirt libvirt-daemon-system; or install VirtualBox";
  if (provider === undefined) {
    const why =
      asked === undefined
        ? "vagrant has no provider here: neither libvirt, VirtualBox, Parallels nor VMware"
        : `vagrant has no provider "${asked}" here`;
    throw failure("PLAYGROUND_NO_PROVIDER", why, { hint });
  }
  if (provider !== "libvirt" || !hasProgram("virsh")) return provider;
  try {
    await runCommand("virsh", ["--connect", "qemu:///system", "version"], { timeoutMs: 20_000 });
    return provider;
  } catch (cause) {
    throw failure("PLAYGROUND_NO_PROVIDER", `libvirt does not answer: ${messageOf(cause)}`, {
      cause,
      hint: "is libvirtd running? systemctl start libvirtd; or drydock playground up --provider plain",
    });
  }
}

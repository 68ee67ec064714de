import type { NetworkPlace } from "../network/plan.ts";
import type { KernelImage } from "./kernel-image.ts";

export interface QemuMachine {
  image: KernelImage;
  accelerator: "kvm" | "tcg";
  memoryMiB: number;
  cpus: number;
  /** virtiofsd's socket; absent for a machine without a root file system (the probe). */
  fileSystemSocket?: string;
  /** The script that init hands over to, as a path on the host, and whether it may write to the host's files. */
  script?: { path: string; writable: boolean };
  /** File descriptors of qemu that become /dev/vport*p1, p2, … in this order. */
  portFds: readonly number[];
  /** Its cable: a tap of the namespace in which qemu is started. */
  network?: NetworkPlace;
  /** File descriptor of a terminal, which becomes /dev/hvc0. */
  terminalFd?: number;
}

/** What makes an emulated machine boot in under two seconds: nothing that is not needed, no mitigations, no calibration loops. */
const QUICK_BOOT = [
  ...[
    "quiet",
    "loglevel=3",
    "panic=-1",
    "mitigations=off",
    "nokaslr",
    "random.trust_cpu=on",
    "cryptomgr.notests",
    "rodata=off",
  ],
  ...[
    "tsc=reliable",
    "no_timer_check",
    "lpj=4000000",
    "nowatchdog",
    "audit=0",
    "selinux=0",
    "apparmor=0",
    "8250.nr_uarts=1",
  ],
];

/** Arguments of qemu-system-x86_64. Pure. */
export function qemuArguments(machine: QemuMachine): string[] {
  const { image, memoryMiB } = machine;
  const kernelArguments = [
    "console=ttyS0",
    ...QUICK_BOOT,
    ...(machine.script
      ? [
          `drydock.script=${machine.script.path}`,
          `drydock.mode=${machine.script.writable ? "rw" : "ro"}`,
          `drydock.modules=${image.modules}`,
        ]
      : []),
  ];
  return [
    ...["-accel", machine.accelerator === "kvm" ? "kvm" : "tcg,thread=multi,tb-size=512"],
    // microvm would be smaller still, but it hangs with this kernel.
    ...["-machine", "q35,memory-backend=mem", "-cpu", machine.accelerator === "kvm" ? "host" : "max"],
    ...["-smp", String(machine.cpus), "-m", String(memoryMiB)],
    ...["-object", `memory-backend-memfd,id=mem,size=${memoryMiB}M,share=on`],
    ...["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-serial", "stdio"],
    ...["-kernel", image.kernel, "-initrd", image.initrd, "-append", kernelArguments.join(" ")],
    ...(machine.fileSystemSocket
      ? [
          "-chardev",
          `socket,id=files,path=${machine.fileSystemSocket}`,
          "-device",
          "vhost-user-fs-pci,chardev=files,tag=root",
        ]
      : []),
    ...(machine.portFds.length > 0 || machine.terminalFd !== undefined ? ["-device", "virtio-serial-pci"] : []),
    ...machine.portFds.flatMap((fd) => [
      "-chardev",
      `socket,id=port${fd},fd=${fd}`,
      "-device",
      `virtserialport,chardev=port${fd}`,
    ]),
    ...(machine.network
      ? [
          "-netdev",
          `tap,id=lan,ifname=${machine.network.tap},script=no,downscript=no`,
          "-device",
          `virtio-net-pci,netdev=lan,mac=${machine.network.mac},romfile=`,
        ]
      : []),
    ...(machine.terminalFd === undefined
      ? []
      : ["-chardev", `socket,id=terminal,fd=${machine.terminalFd}`, "-device", "virtconsole,chardev=terminal"]),
  ];
}

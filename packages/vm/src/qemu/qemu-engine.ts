import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { pathExists } from "@drydock/kit";
import type { Engine, VmRequest, VmResult } from "../engine.ts";
import { vmError } from "../errors.ts";
import { guestScript } from "../guest-script.ts";
import { superviseGuest } from "../guest-session.ts";
import { inNamespace } from "../network/guest-network.ts";
import { qemuArguments } from "./command-line.ts";
import { kernelImage } from "./kernel-image.ts";
import { kvmWorks } from "./kvm-probe.ts";

const QEMU = "/usr/bin/qemu-system-x86_64";
const VIRTIOFSD = ["/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd"];

/**
 * QEMU with Debian's cloud kernel on the host's files through virtiofs: several processors, cpuset, PSI, BTF, nf_tables. Under KVM where that works,
 * else emulated: the kernel is up as quickly, JavaScript is ten times slower.
 */
export const qemuEngine: Engine = {
  name: "qemu",

  async unavailable() {
    if (process.arch !== "x64") return `this engine is made for x86-64, this is ${process.arch}`;
    if (!(await pathExists(QEMU)) || !(await virtiofsd())) {
      return "QEMU is not installed: apt-get install -y --no-install-recommends qemu-system-x86 qemu-system-common lz4";
    }
    return undefined;
  },

  async run(request) {
    const directory = await mkdtemp(join(tmpdir(), "drydock-vm-"));
    try {
      return await boot(request, directory);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

async function virtiofsd(): Promise<string | undefined> {
  for (const path of VIRTIOFSD) if (await pathExists(path)) return path;
  return undefined;
}

function cacheDirectory(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "drydock", "vm");
}

async function boot(request: VmRequest, directory: string): Promise<VmResult> {
  const cache = cacheDirectory();
  const image = await kernelImage(cache, (line) => request.stderr.write(`drydock vm: ${line}\n`));
  const accelerator = (await kvmWorks(image, cache)) ? "kvm" : "tcg";
  const script = join(directory, "init");
  // Ports are numbered in the order of the command line; the first number is the controller's, which the guest chooses.
  const port = (index: number): string => `\${P}${index}`;
  await writeFile(
    script,
    guestScript(request, {
      prelude: [
        "B=/bin/busybox; LOWER=/host",
        "until [ -e /dev/vport*p3 ]; do $B usleep 10000; done; P=$(echo /dev/vport*p3); P=${P%3}",
        "$B mkdir -p /run",
      ],
      mountShare: (path) => `$B mkdir -p "$N${path}" && $B mount --bind "/host${path}" "$N${path}"`,
      card: { prelude: ["$B modprobe virtio_net"], name: "eth0" },
      devicesAreTerminals: false,
      devices: request.terminal
        ? { stdin: "/dev/hvc0", stdout: "/dev/hvc0", stderr: "/dev/hvc0", status: port(3) }
        : { stdin: "/dev/null", stdout: port(1), stderr: port(2), status: port(3) },
    }),
  );
  const started = performance.now();
  const fileSystemSocket = join(directory, "files.sock");
  const files = spawn(
    (await virtiofsd()) as string,
    [
      `--socket-path=${fileSystemSocket}`,
      "-o",
      "source=/",
      "-o",
      `sandbox=${process.getuid?.() === 0 ? "chroot" : "none"}`,
      "-o",
      "cache=always",
    ],
    { stdio: "ignore" },
  );
  try {
    while (!(await pathExists(fileSystemSocket))) {
      if (files.exitCode !== null) {
        throw vmError("VM_BOOT_FAILED", `virtiofsd ended with ${files.exitCode} before the machine could use it`, {
          hint: "run as root",
        });
      }
      await delay(5);
    }
    const [file, args] = inNamespace(
      request.network,
      QEMU,
      qemuArguments({
        image,
        accelerator,
        memoryMiB: request.memoryMiB ?? 1024,
        cpus: request.cpus ?? 1,
        fileSystemSocket,
        script: { path: script, writable: (request.shares ?? []).length > 0 },
        portFds: [3, 4, 5],
        ...(request.terminal ? { terminalFd: 6 } : {}),
        ...(request.network ? { network: request.network.self } : {}),
      }),
    );
    const child = spawn(file, args, {
      stdio: ["ignore", "pipe", "pipe", "pipe", "pipe", "pipe", "pipe"],
      detached: true,
    });
    const [, console_, qemuErrors, output, errors, status, terminal] = child.stdio as unknown as [null, ...Readable[]];
    const typed = request.terminal && (terminal as unknown as Writable);
    if (typed) request.terminal?.input.pipe(typed);
    try {
      const streams = {
        consoles: [console_ as Readable, qemuErrors as Readable],
        output: (request.terminal ? terminal : output) as Readable,
        errors: errors as Readable,
        status: status as Readable,
      };
      return await superviseGuest("qemu", request, child, streams, started);
    } finally {
      if (typed) request.terminal?.input.unpipe(typed);
    }
  } finally {
    files.kill("SIGKILL");
  }
}

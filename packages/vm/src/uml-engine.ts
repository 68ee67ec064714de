import { spawn } from "node:child_process";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pathExists } from "@drydock/kit";
import type { Engine, VmRequest, VmResult } from "./engine.ts";
import { vmError } from "./errors.ts";
import { guestScript } from "./guest-script.ts";
import { type GuestStreams, superviseGuest } from "./guest-session.ts";
import { inNamespace } from "./network/guest-network.ts";

const KERNEL = "/usr/bin/linux.uml";
const MODULES = "/usr/lib/uml/modules";

/**
 * User-mode Linux: a real kernel as an ordinary process, on the host's own files through hostfs. The quickest engine (about two
 * seconds), on any x86-64 host, without virtualisation. One processor; no cpuset, PSI, BTF or nf_tables.
 */
export const umlEngine: Engine = {
  name: "uml",

  async unavailable() {
    if (process.arch !== "x64") return `user-mode Linux runs on x86-64 only, this is ${process.arch}`;
    if (!(await pathExists(KERNEL))) return "user-mode Linux is not installed: apt-get install -y user-mode-linux";
    if (!(await pathExists("/bin/busybox"))) return "busybox is not installed: apt-get install -y busybox-static";
    return undefined;
  },

  async run(request) {
    if ((request.cpus ?? 1) > 1) {
      throw vmError("VM_BAD_REQUEST", `user-mode Linux has one processor, ${request.cpus} were asked for`, {
        hint: "take --engine qemu",
      });
    }
    // Not below /dev: the guest has a /dev of its own from its first instruction on, and must find its init.
    const directory = await mkdtemp(join(tmpdir(), "drydock-vm-"));
    try {
      return await boot(request, directory);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

async function boot(request: VmRequest, directory: string): Promise<VmResult> {
  const [release] = await readdir(MODULES);
  if (!release)
    throw vmError("VM_ENGINE_MISSING", `${MODULES} is empty`, { hint: "apt-get install --reinstall user-mode-linux" });
  const init = join(directory, "init");
  await writeFile(
    init,
    guestScript(request, {
      prelude: [
        "B=/bin/busybox; LOWER=/",
        "$B mount -t proc proc /proc; $B mount -t sysfs sys /sys",
        `$B insmod ${MODULES}/${release}/kernel/fs/overlayfs/overlay.ko`,
      ],
      mountShare: (path) => `$B mkdir -p "$N${path}" && $B mount -t hostfs none "$N${path}" -o "${path}"`,
      card: { prelude: [], name: "vec0" },
      devicesAreTerminals: true,
      devices: request.terminal
        ? { stdin: "/dev/tty1", stdout: "/dev/tty1", stderr: "/dev/tty1", status: "/dev/tty3" }
        : { stdin: "/dev/null", stdout: "/dev/tty1", stderr: "/dev/tty2", status: "/dev/tty3" },
    }),
  );
  await chmod(init, 0o755);

  const started = performance.now();
  const [file, args] = inNamespace(request.network, KERNEL, [
    `mem=${request.memoryMiB ?? 1024}M`,
    `uml_dir=${directory}/uml`,
    "umid=vm",
    ...["root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", `init=${init}`],
    // Console 0 is the kernel's; 1 to 3 are the command's output, its errors, and our status lines.
    ...[
      "con=null",
      "con0=null,fd:1",
      request.terminal ? "con1=fd:0,fd:3" : "con1=null,fd:3",
      "con2=null,fd:4",
      "con3=null,fd:5",
    ],
    ...["ssl=null", "quiet", "loglevel=3", "panic=-1"],
    ...(request.network ? [`vec0:transport=tap,ifname=${request.network.self.tap}`] : []),
  ]);
  const child = spawn(file, args, {
    stdio: [request.terminal ? "pipe" : "ignore", "pipe", "pipe", "pipe", "pipe", "pipe"],
    // The machine's memory is an unlinked file in TMPDIR: on a tmpfs it stays memory.
    env: { TMPDIR: "/dev/shm", PATH: process.env.PATH ?? "" },
    // A group of its own: the kernel traces helper processes that must go with it.
    detached: true,
  });
  const [stdin, console_, kernelErrors, output, errors, status] = child.stdio as unknown as [
    Writable | null,
    ...Readable[],
  ];
  if (request.terminal && stdin) request.terminal.input.pipe(stdin);
  try {
    const streams = { consoles: [console_, kernelErrors], output, errors, status } as GuestStreams;
    return await superviseGuest("uml", request, child, streams, started);
  } finally {
    if (request.terminal && stdin) request.terminal.input.unpipe(stdin);
  }
}

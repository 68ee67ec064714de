import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathExists, readTextIfExists, writeFileAtomic } from "@drydock/kit";
import { qemuArguments } from "./command-line.ts";
import type { KernelImage } from "./kernel-image.ts";

const LIMIT_MS = 4000;

/**
 * Whether a machine really comes up under KVM. That /dev/kvm exists says little: a nested one can accept a kernel and hang in it, so a
 * machine that only says "here" and switches itself off gets four seconds. The verdict is kept for this boot of the host.
 */
export async function kvmWorks(image: KernelImage, cache: string): Promise<boolean> {
  if (!(await pathExists("/dev/kvm"))) return false;
  const bootId = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  const file = join(cache, "kvm-verdict");
  const known = (await readTextIfExists(file))?.split(" ");
  if (known?.[0] === bootId) return known[1] === "works";
  const args = qemuArguments({ image, accelerator: "kvm", memoryMiB: 256, cpus: 1, portFds: [] });
  const works = await new Promise<boolean>((resolve) => {
    execFile("qemu-system-x86_64", args, { timeout: LIMIT_MS, killSignal: "SIGKILL" }, (_error, stdout) =>
      resolve(stdout.includes("probe-ok")),
    );
  });
  await writeFileAtomic(file, `${bootId} ${works ? "works" : "fails"}`);
  return works;
}

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathExists } from "@drydock/kit";
import t from "tap";
import { kernelImage } from "./kernel-image.ts";
import { kvmWorks } from "./kvm-probe.ts";

const image = { kernel: "/nowhere/vmlinux", initrd: "/nowhere/initrd", modules: "/nowhere", release: "none" };

t.test("a verdict holds for this boot of the host and not for another", async (t) => {
  const cache = await mkdtemp(join(tmpdir(), "kvm-"));
  t.teardown(() => rm(cache, { recursive: true, force: true }));
  const verdict = join(cache, "kvm-verdict");
  if (!(await pathExists("/dev/kvm"))) {
    t.equal(await kvmWorks(image, cache), false, "without /dev/kvm there is nothing to probe");
    t.notOk(await pathExists(verdict));
    return;
  }
  const boot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  await writeFile(verdict, `${boot} works`);
  t.equal(await kvmWorks(image, cache), true, "known for this boot");
  await writeFile(verdict, "another-boot works");
  t.equal(await kvmWorks(image, cache), false, "probed again: this machine cannot come up, its kernel is missing");
  t.equal(await readFile(verdict, "utf8"), `${boot} fails`, "and that is kept");
});

t.test("the kernel is taken from the cache when it is there", async (t) => {
  const cache = await mkdtemp(join(tmpdir(), "kernel-"));
  t.teardown(() => rm(cache, { recursive: true, force: true }));
  await mkdir(join(cache, "kernel-6.1.0-1"));
  await mkdir(join(cache, "kernel-6.1.0-2"));
  const said: string[] = [];
  const found = await kernelImage(cache, (line) => said.push(line));
  t.equal(found.release, "6.1.0-2");
  t.equal(found.kernel, join(cache, "kernel-6.1.0-2/vmlinux"));
  t.same(said, [], "nothing is fetched");
});

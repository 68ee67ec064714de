import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { breakout } from "../fixtures/attack-host.ts";
import { scriptConfig } from "../fixtures/test-host.ts";

const corePattern = "/proc/sys/kernel/core_pattern";

breakout(
  "CVE-2019-19921",
  {
    attack:
      "In the image /proc is a link to a directory of the image. The runtime mounts proc there, while /proc itself shows what the attacker has prepared: labels are written into plain files and masks cover nothing.",
    defence:
      "A proc or sysfs is mounted only where no part of the path is a link (RESOLVE_NO_SYMLINKS); else the start is refused. The runtime's own writes go through the host's proc, or one of its own that is mounted nowhere.",
  },
  async (t, { host, image, run }) => {
    for (const [name, target] of [
      ["proc", "/fake"],
      ["proc", "../../../../../../proc"],
      ["sys", "/fake"],
    ] as const) {
      mkdirSync(join(image, "fake/self/attr"), { recursive: true });
      writeFileSync(join(image, "fake/self/attr/exec"), "");
      rmSync(join(image, name), { recursive: true });
      symlinkSync(target, join(image, name));
      const { refused } = await run("link", "cat /proc/self/mountinfo");
      t.match(refused, { code: "RUNTIME_STEP_FAILED", details: { errno: "ELOOP" } }, `/${name} -> ${target}`);
      t.equal(readFileSync(join(image, "fake/self/attr/exec"), "utf8"), "");
      rmSync(join(image, name));
      mkdirSync(join(image, name));
    }
    t.strictSame(host.leftovers(), []);
  },
);

breakout(
  "CVE-2023-27561",
  {
    attack:
      "The same by way of a volume: /proc of the image is a link into a volume that is mounted before, so that proc lands in a directory that the attacker can swap from another container (the fix of CVE-2019-19921 had been lost).",
    defence: "As there: no link on the way to a proc or sysfs, whatever is mounted before it.",
  },
  async (t, { host, image, run }) => {
    const volume = join(host.directory, "volume");
    mkdirSync(join(volume, "proc"), { recursive: true });
    rmSync(join(image, "proc"), { recursive: true });
    symlinkSync("volume/proc", join(image, "proc"));
    const mounts = [{ destination: "/volume", source: volume, options: ["rbind"] }, ...(scriptConfig("").mounts ?? [])];
    const { refused } = await run("volume", "ls /proc", { config: { mounts } });
    t.match(refused, { code: "RUNTIME_STEP_FAILED", details: { errno: "ELOOP" } });
  },
);

breakout(
  "CVE-2025-31133",
  {
    attack:
      "Masked files are covered with /dev/null of the container, which the attacker has replaced by a link to a file of /proc: that file is then mounted over the masked one, writable, and with /proc/sys/kernel/core_pattern that is code on the host. Or it is missing, and nothing is masked.",
    defence:
      "What covers a masked path is the host's own /dev/null and an empty directory, both opened before anything of the image is looked at.",
  },
  async (t, { image, run }) => {
    const before = readFileSync(corePattern, "utf8");
    // The attack is a real one: where it gets through, the host gets its file back.
    t.teardown(() => writeFileSync(corePattern, before));
    const mounts = (scriptConfig("").mounts ?? []).filter(({ destination }) => !destination.startsWith("/dev"));
    for (const target of [corePattern, "/proc/sysrq-trigger", "/nowhere", ""]) {
      rmSync(join(image, "dev/null"), { force: true });
      if (target) symlinkSync(target, join(image, "dev/null"));
      const { output } = await run(
        "mask",
        "wc -c < /proc/keys; echo evil > /proc/keys && echo into nothing; grep ' /proc/keys ' /proc/self/mountinfo; ls -l /proc/keys",
        { config: { mounts } },
      );
      t.match(output, /^0\ninto nothing\n.* \/null \/proc\/keys .*\ncrw-rw-rw-.* 1, +3 /, target || "no /dev/null");
    }
    t.equal(readFileSync(corePattern, "utf8"), before, "nothing was written on the host");
  },
);

breakout(
  "CVE-2025-52881",
  {
    attack:
      "Something is mounted over a part of /proc, or a link is raced into it, while the runtime writes a sysctl or a label there: the write goes into a file of the attacker, so that it has no effect, or into a dangerous one such as /proc/sysrq-trigger.",
    defence:
      "Sysctls are written through a proc that the runtime has just made and mounted nowhere, without crossing a mount or following a link (RESOLVE_BENEATH, NO_XDEV, NO_MAGICLINKS). Labels go into a file of the host's proc, opened before the container has one.",
  },
  async (t, { host, image, root }) => {
    const fake = join(host.directory, "fake");
    mkdirSync(join(fake, "net/ipv4"), { recursive: true });
    writeFileSync(join(fake, "net/ipv4/ip_forward"), "untouched");
    symlinkSync("/proc/sysrq-trigger", join(fake, "net/ipv4/ip_default_ttl"));
    mkdirSync(join(image, "proc"), { recursive: true });
    const mounts = [
      ...(scriptConfig("").mounts ?? []),
      { destination: "/proc/sys", source: fake, options: ["bind"] },
      { destination: "/proc/self/attr", type: "tmpfs", source: "tmpfs" },
    ];
    const sysctl = { "net.ipv4.ip_forward": "1", "net.ipv4.ip_default_ttl": "77" };
    const start = (id: string, more: typeof mounts) =>
      host.runtime.run(
        host.script(id, "sleep 1000", { config: { mounts: more }, linux: { sysctl }, request: { root } }),
      );
    const { pid = 0 } = await start("sysctl", mounts.slice(0, -1));
    const inNamespace = (file: string): string =>
      execFileSync("nsenter", ["-n", "-t", String(pid), "cat", `/proc/sys/${file}`], { encoding: "utf8" }).trim();
    t.equal(inNamespace("net/ipv4/ip_forward"), "1", "the kernel has it");
    t.equal(inNamespace("net/ipv4/ip_default_ttl"), "77");
    t.equal(readFileSync(join(fake, "net/ipv4/ip_forward"), "utf8"), "untouched");
    await host.runtime.delete("sysctl", { force: true });
    // Over the runtime's own files in /proc: they are not written by way of the container's proc.
    await start("attr", mounts).then(
      () => host.runtime.delete("attr", { force: true }),
      (error: unknown) => t.match(error, { code: "RUNTIME_STEP_FAILED" }),
    );
    t.equal(readFileSync(join(fake, "net/ipv4/ip_forward"), "utf8"), "untouched");
    t.ok(existsSync(fake));
  },
);

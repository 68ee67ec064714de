import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { type Attack, breakout } from "../fixtures/attack-host.ts";
import { scriptConfig } from "../fixtures/test-host.ts";
import type { MountConfig } from "../index.ts";

/**
 * Two containers share a volume. The attacker swaps a directory in it for a link to the host, again and again, while
 * the other one is started with a mount below that directory: made by the name alone, it would land on the host.
 */
async function race(t: Test, { host, outside, reached, root }: Attack, victim: MountConfig): Promise<void> {
  const volume = join(host.directory, "volume");
  mkdirSync(join(volume, "place"), { recursive: true });
  const shared = { destination: "/volume", source: volume, options: ["rbind"] };
  const mounts = [...(scriptConfig("").mounts ?? []), shared];
  const swap = `while :; do
    ln -sfn ${outside} /volume/link; mv /volume/place /volume/aside; mv /volume/link /volume/place
    rm /volume/place; mv /volume/aside /volume/place; echo swapped
  done 2>/dev/null`;
  await host.runtime.run(host.script("attacker", swap, { config: { mounts }, request: { root } }));
  await host.until(() => host.output("attacker").includes("swapped"));
  let started = 0;
  let refused = 0;
  for (let chance = 0; chance < 60; chance++) {
    const id = `victim${chance}`;
    try {
      await host.runtime.run(
        host.script(id, "cat /proc/self/mountinfo", { config: { mounts: [...mounts, victim] }, request: { root } }),
      );
      await host.runtime.wait(id);
      const mounted = /^\S+ \S+ \S+ \S+ (\S*\/made)/m.exec(host.output(id))?.[1];
      // The link as the container sees it leads to a place of that name in its own root, or nowhere.
      t.match(mounted ?? "/volume/", /^\/volume\/|^\/tmp\//, "mounted inside, if it is there to be seen");
      await host.runtime.delete(id);
      started++;
    } catch {
      // The place was gone in that moment: a start that fails harms nobody.
      refused++;
    }
    t.strictSame(reached(), [], "nothing was made on the host");
  }
  t.comment(`${started} started, ${refused} refused`);
  await host.runtime.delete("attacker", { force: true });
}

breakout(
  "CVE-2021-30465",
  {
    attack:
      "The place of a mount is checked by its name, and by the time it is mounted the name leads through a link that another container has put there: the mount, or the host's root, is where the attacker wants it.",
    defence:
      "The place is opened once, by openat2 with RESOLVE_IN_ROOT, and the mount is moved onto that descriptor: there is no second look-up. What a link means is decided inside the container's root.",
  },
  (t, attack) => race(t, attack, { destination: "/volume/place/made", type: "tmpfs", source: "tmpfs" }),
);

breakout(
  "CVE-2024-45310",
  {
    attack:
      "Before a file or directory is mounted, an empty one is made in its place, level by level and by its name; a link that appears in between makes the runtime create empty files and directories on the host.",
    defence:
      "Each level is made beside a descriptor of the level above, which was opened inside the root; the file itself by openat2 with O_CREAT|O_EXCL and RESOLVE_IN_ROOT.",
  },
  async (t, attack) => {
    const source = join(attack.host.directory, "rootfs/bin/busybox");
    await race(t, attack, { destination: "/volume/place/deep/er/made", source, options: ["bind"] });
    t.ok(readdirSync(join(attack.host.directory, "volume")).length > 0, "what was made is in the volume");
  },
);

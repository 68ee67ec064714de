import {
  closeSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { openPtyOf } from "@drydock/linux";
import { breakout } from "../fixtures/attack-host.ts";
import { scriptConfig } from "../fixtures/test-host.ts";

const corePattern = "/proc/sys/kernel/core_pattern";

breakout(
  "CVE-2025-52565",
  {
    attack:
      "The terminal is mounted on /dev/console of the container, which is a link to a file of /proc: the terminal covers it before it is made read-only or masked, or the other way round the file of /proc becomes writable as the console.",
    defence:
      "/dev/console is made in a new tmpfs that is ours and empty, whatever the image has there; the terminal's own descriptor is what is mounted, and masks come after it.",
  },
  async (t, { host, image, root }) => {
    const before = readFileSync(corePattern, "utf8");
    // The attack is a real one: where it gets through, the host gets its file back.
    t.teardown(() => writeFileSync(corePattern, before));
    rmSync(join(image, "dev/console"), { force: true });
    symlinkSync(corePattern, join(image, "dev/console"));
    const { master, slave } = openPtyOf(process.pid);
    t.teardown(() => closeSync(master));
    const path = readlinkSync(`/proc/self/fd/${slave}`);
    const script = `ls -l /dev/console > /report; ls -l ${corePattern} >> /report
      grep -c core_pattern /proc/self/mountinfo >> /report; echo evil > ${corePattern}; sleep 1000`;
    await host.runtime.run(
      host.script("console", script, {
        process: { terminal: true },
        request: { root, stdio: { stdin: path, stdout: path, stderr: path } },
      }),
    );
    closeSync(slave);
    const report = (): string => (existsSync(join(image, "report")) ? readFileSync(join(image, "report"), "utf8") : "");
    await host.until(() => report().split("\n").length > 3);
    t.match(report(), /^crw.* 136, .*\/dev\/console\n-rw-.*core_pattern\n0\n$/);
    t.equal(readFileSync(corePattern, "utf8"), before);
    t.equal(readlinkSync(join(image, "dev/console")), corePattern, "the image is untouched");
    await host.runtime.delete("console", { force: true });
  },
);

breakout(
  "CVE-2026-41579",
  {
    attack:
      "In the image /dev is a link to a directory of the host. The runtime makes devices and links in it by name, before it has entered the root: it deletes the host's file ptmx and leaves links there.",
    defence:
      "A /dev that is a link is refused, before anything is made in it; and devices and links are made beside a descriptor of a new tmpfs, never by name.",
  },
  async (t, { host, image, outside, reached, run }) => {
    writeFileSync(join(outside, "ptmx"), "of the host");
    for (const target of [outside, `../../../../../../../../..${outside}`, "proc/sys", "/etc"]) {
      rmSync(join(image, "dev"), { recursive: true, force: true });
      symlinkSync(target, join(image, "dev"));
      const { refused } = await run("dev", "ls -l /dev/");
      t.match(refused, { code: "RUNTIME_STEP_FAILED", details: { errno: "ELOOP" } }, `/dev -> ${target}`);
      t.strictSame(reached(), ["ptmx"]);
      t.equal(readFileSync(join(outside, "ptmx"), "utf8"), "of the host");
    }
    t.strictSame(host.leftovers(), []);
  },
);

breakout(
  "images whose /dev/null, /dev/ptmx, /dev/pts or /dev/shm is a link",
  {
    attack:
      "What the runtime makes, mounts on or opens below /dev is a link of the image: to a file of the host, or to one of /proc.",
    defence:
      "/dev is a new tmpfs and hides all of it. Where a configuration has no such tmpfs, nothing is made in /dev, and a mount on a link lands inside the container's root.",
  },
  async (t, { image, outside, reached, run }) => {
    const names = ["null", "ptmx", "pts", "shm", "mqueue", "stdin", "fd", "tty"];
    for (const name of names) {
      rmSync(join(image, "dev", name), { recursive: true, force: true });
      symlinkSync(`${outside}/${name}`, join(image, "dev", name));
    }
    const { output } = await run("links", "ls -l /dev/null /dev/ptmx /dev/fd; ls -ld /dev/shm; echo x > /dev/null");
    t.match(output, /^crw-rw-rw-.* 1, +3 .*\/dev\/null$/m);
    t.match(output, /\/dev\/ptmx -> pts\/ptmx\n/);
    t.match(output, /^drwxrwxrwt.*\/dev\/shm$/m);
    t.strictSame(reached(), []);

    const mounts = (scriptConfig("").mounts ?? []).filter(({ destination }) => destination !== "/dev");
    mkdirSync(join(image, outside), { recursive: true });
    await run("bare", "grep -E 'shm|mqueue|pts' /proc/self/mountinfo", { config: { mounts } });
    t.strictSame(reached(), [], "with mounts on the links themselves");
  },
);

breakout(
  "a terminal of an exec is asked for where the container has put something else",
  {
    attack:
      "The container replaces its /dev/pts/ptmx, from which the runtime, outside, opens a terminal: by a link to a file of the host, by a FIFO on which the opener waits for ever, by a device that does something when it is opened.",
    defence:
      "It is found without opening it (O_PATH, in the container's root), must be on a devpts, and is opened as what was found; the other end comes from the kernel, not from a name.",
  },
  async (t, { host, outside, reached, root }) => {
    const capabilities = ["CAP_SYS_ADMIN", "CAP_MKNOD"];
    const make = (target: string): string =>
      `umount -l /dev/pts && rm -f /dev/pts/ptmx && ${target} && echo ready; sleep 1000`;
    const tricks = [
      `ln -s ${outside}/file /dev/pts/ptmx`,
      "busybox mkfifo /dev/pts/ptmx",
      "busybox mknod /dev/pts/ptmx c 1 7",
    ];
    for (const [index, trick] of tricks.entries()) {
      const id = `trick${index}`;
      const process = { capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities } };
      await host.runtime.run(host.script(id, make(trick), { process, request: { root } }));
      await host.until(() => host.output(id).includes("ready"));
      await t.rejects(
        host.runtime.exec(id, { process: { cwd: "/", args: ["sh"], env: ["PATH=/bin"], terminal: true } }),
        { code: /LINUX_UNSUPPORTED|LINUX_CALL_FAILED/ },
        trick,
      );
      await host.runtime.delete(id, { force: true });
    }
    t.strictSame(reached(), []);
  },
);

import { closeSync, constants, openSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { breakout } from "../fixtures/attack-host.ts";

breakout(
  "CVE-2024-21626",
  {
    attack:
      "The runtime has a directory of the host open while it becomes the container, and the image says that its working directory is /proc/self/fd/N. The container's code begins in the host's file system and walks up to its root.",
    defence:
      "All descriptors but the standard streams and a pipe are closed before the working directory is looked up, and that look-up follows no link of /proc to an open file. So not even a standard stream that is a directory leads out.",
  },
  async (t, { host, image, outside, root, run }) => {
    writeFileSync(join(outside, "secret"), "of the host");
    const leaks = [openSync("/", constants.O_RDONLY), openSync(outside, constants.O_RDONLY)];
    t.teardown(() => leaks.forEach(closeSync));
    symlinkSync("/proc/self/fd/0", join(image, "link"));
    const look = "ls -a; cat secret; cat ../../../../../etc/hostname";
    for (const fd of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ...leaks]) {
      const { refused } = await run(`run${fd}`, look, { process: { cwd: `/proc/self/fd/${fd}` } });
      t.match(refused, { code: "RUNTIME_STEP_FAILED" }, `/proc/self/fd/${fd}`);
    }
    // A standard stream that is a directory of the host, named directly and by a link of the image.
    const stdio = { stdin: outside, stdout: "null", stderr: "null" };
    for (const cwd of ["/proc/self/fd/0", "/link", "/proc/1/cwd", "/proc/self/root/../.."]) {
      const { refused } = await run("stream", look, { process: { cwd }, request: { root, stdio } });
      t.match(refused, { code: "RUNTIME_STEP_FAILED" }, `${cwd} with a directory as stdin`);
    }
    await host.runtime.run(host.script("target", "sleep 1000", { request: { root } }));
    for (const fd of [0, 3, 4, 5, 6, 7, 8, 9, ...leaks]) {
      await t.rejects(
        host.runtime.exec("target", {
          process: { cwd: `/proc/self/fd/${fd}`, args: ["ls"], env: ["PATH=/bin"] },
        }),
        { code: "RUNTIME_STEP_FAILED" },
        `exec in /proc/self/fd/${fd}`,
      );
    }
    await host.runtime.delete("target", { force: true });
    const { output } = await run("fds", "exec ls /proc/self/fd");
    t.equal(output, "0\n1\n2\n3\n", "3 is of ls itself");
  },
);

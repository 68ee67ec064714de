import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readStat } from "@drydock/linux";
import { breakout, digestOf } from "../fixtures/attack-host.ts";

breakout(
  "CVE-2019-5736",
  {
    attack:
      "A container that is entered runs #!/proc/self/exe, so that the runtime's own executable runs inside. Another of its processes opens /proc/PID/exe of that one for writing and replaces the runtime on the host.",
    defence:
      "What runs inside before the container's own code is a few KB in sealed memory, or Node by way of a read-only mount that is nowhere, and it is not dumpable. There is no file of the host behind /proc/self/exe, and nothing that can be written.",
  },
  async (t, { host, image, root }) => {
    writeFileSync(join(image, "bin/evil"), "#!/proc/self/exe\n", { mode: 0o755 });
    const before = digestOf(process.execPath);
    // Whatever runs here and is not busybox is the runtime: find it, and write into it.
    const watch = `while :; do
      for p in /proc/[0-9]*; do
        exe=$(readlink $p/exe 2>/dev/null) || continue
        case $exe in */busybox) continue ;; esac
        echo "found $exe"
        if (echo evil > $p/exe) 2>/dev/null; then echo "wrote $exe"; fi
      done
    done`;
    await host.runtime.run(host.script("watcher", watch, { request: { root } }));
    let entered = 0;
    const deadline = Date.now() + 30_000;
    // Until the attacker has seen it, which it may not: then some hundred chances were enough.
    for (let chance = 0; chance < 100 && Date.now() < deadline; chance++) {
      const attempt = host.runtime.exec("watcher", { process: { cwd: "/", args: ["evil"], env: ["PATH=/bin"] } });
      await attempt.then(
        (session) => session.exit,
        () => undefined, // The image refuses to be run a second time, inside: also well.
      );
      entered++;
      if (chance >= 20 && host.output("watcher").includes("found")) break;
    }
    t.ok(entered > 0);
    t.comment(`seen inside: ${[...new Set(host.output("watcher").split("\n"))].join(" ")}`);
    t.notMatch(host.output("watcher"), /wrote/, "nothing could be written");
    t.equal(digestOf(process.execPath), before, "Node is what it was");
    // The container's parent is outside; its executable is not to be written either.
    const { pid = 0 } = await host.runtime.state("watcher");
    const shim = readStat(pid)?.parent;
    t.throws(() => writeFileSync(`/proc/${shim}/exe`, "evil", { flag: "r+" }), { code: /ETXTBSY|EROFS|EPERM/ });
    await host.runtime.delete("watcher", { force: true });
  },
);

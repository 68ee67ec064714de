/** What programs, mounts and files may call themselves to mislead whoever reads /proc, and /proc as it really is. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { parseCgroups, readCgroups } from "./cgroup.ts";
import { parseCmdline, readCmdline } from "./cmdline.ts";
import { parseFileLink, readFileLink, readOpenFiles } from "./file-link.ts";
import { parseFlatKeyed } from "./flat-keyed.ts";
import { isIdentityMap, parseIdMap, readIdMap } from "./id-map.ts";
import { parseLimits, readLimits } from "./limits.ts";
import { parseMountinfo, readMountinfo } from "./mountinfo.ts";
import { parseNamespaceLink, readNamespaces } from "./namespaces.ts";
import { parseNetDev, readNetDev } from "./net-dev.ts";
import { listProcesses } from "./processes.ts";
import { type MountNode, mountTree, propagationOf } from "./propagation.ts";
import { parseStat, readStat } from "./stat.ts";
import { parseStatus, readStatus } from "./status.ts";

t.test("stat: a command that looks like the rest of the line", async (t) => {
  const rest = "S 7 42 41 34816 42 2097216 1 2 3 4 50 6 7 8 20 0 3 0 987654 100 200";
  for (const command of ["", ")", "a) R 1 (b", "two\nlines", "(((", " "]) {
    t.match(parseStat(`42 (${command}) ${rest}`), {
      pid: 42,
      command,
      state: "S",
      parent: 7,
      isKernelThread: true,
      userTicks: 50,
      systemTicks: 6,
      threads: 3,
      startTime: 987654,
    });
  }
});

t.test("a process with a name made to mislead", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "drydock-procfs-"));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  for (const name of ["a) R 1 (", "two\nlines", "back\\slash", " spaces ", "\\n"]) {
    // The kernel names a process for the file that it executes, here a link.
    symlinkSync(realpathSync("/bin/sleep"), join(directory, name));
    const child = spawn(join(directory, name), ["1000"], { argv0: "sleep" });
    t.teardown(() => child.kill("SIGKILL"));
    await once(child, "spawn");
    const pid = child.pid as number;
    t.equal(readStat(pid)?.command, name, JSON.stringify(name));
    t.equal(readStatus(pid).name, name, JSON.stringify(name));
    t.equal(readStat(pid)?.parent, process.pid);
    t.strictSame(readCmdline(pid), ["sleep", "1000"]);
  }
});

t.test("status: a name is no other field", async (t) => {
  const status = parseStatus("Name:\ta\\nUid: 0\nState:\tS (sleeping)\nUid:\t1\t1\t1\t1\nSeccomp:\t2\nThreads:\t9\n");
  t.match(status, { name: "a\nUid: 0", uids: [1, 1, 1, 1], seccomp: "filter", threads: 9 });
  t.notOk("residentBytes" in status, "a kernel thread has no memory");
});

t.test("cmdline", async (t) => {
  t.strictSame(parseCmdline(""), []);
  t.strictSame(parseCmdline("sh\0-c\0\0"), ["sh", "-c", ""], "an empty argument is one");
  t.strictSame(parseCmdline("postgres: writer"), ["postgres: writer"], "a title without a NUL");
  t.strictSame(parseCmdline("nginx: worker\0\0\0\0\0"), ["nginx: worker"], "a title over longer arguments");
  t.strictSame(parseCmdline("a\nb\0\u001b[31m\0"), ["a\nb", "\u001b[31m"]);
});

t.test("cgroup: colons in a path, controllers, removed", async (t) => {
  t.strictSame(parseCgroups("12:cpu,cpuacct:/a:b\n1:name=systemd:/x\n0::/gone (deleted)\nnonsense\n"), [
    { hierarchy: 12, controllers: ["cpu", "cpuacct"], path: "/a:b", deleted: false },
    { hierarchy: 1, controllers: ["name=systemd"], path: "/x", deleted: false },
    { hierarchy: 0, controllers: [], path: "/gone", deleted: true },
  ]);
  t.ok(readCgroups("self").length > 0);
});

t.test("mountinfo: octal escapes, removed mount points, an empty source", async (t) => {
  const [mount] = parseMountinfo(
    "5 1 0:9 /a\\134b /mnt\\011x\\012y\\040-\\040z//deleted rw shared:3 future:x - tmpfs  rw\n",
  );
  t.match(mount, { root: "/a\\b", mountPoint: "/mnt\tx\ny - z//deleted", type: "tmpfs", source: "" });
  t.strictSame(propagationOf(mount ?? { propagation: [] }), { unbindable: false, sharedGroup: 3 });
  t.strictSame(propagationOf({ propagation: ["master:2", "propagate_from:1", "unbindable"] }), {
    unbindable: true,
    masterGroup: 2,
    fromGroup: 1,
  });
});

t.test("mounts as a tree", async (t) => {
  const line = (id: number, parent: number, point: string): string =>
    `${id} ${parent} 0:1 / ${point} rw - tmpfs none rw\n`;
  const shape = (nodes: MountNode[]): unknown => nodes.map((node) => [node.mountPoint, shape(node.children)]);
  const text =
    line(20, 1, "/") + line(30, 20, "/a") + line(31, 30, "/a/b") + line(32, 20, "/c") + line(33, 99, "/lost");
  t.strictSame(shape(mountTree(parseMountinfo(text))), [
    [
      "/",
      [
        ["/a", [["/a/b", []]]],
        ["/c", []],
      ],
    ],
    ["/lost", []],
  ]);
  const ring = mountTree(parseMountinfo(line(1, 2, "/x") + line(2, 1, "/y") + line(3, 3, "/self")));
  const count = (nodes: MountNode[]): number => nodes.reduce((sum, node) => sum + 1 + count(node.children), 0);
  t.equal(count(ring), 3, "a ring is cut, and nothing is lost or doubled");
  const real = readMountinfo();
  t.equal(count(mountTree(real)), real.length);
});

t.test("links: removed, and only called so", async (t) => {
  t.strictSame(parseFileLink("/tmp/x (deleted)"), { target: "/tmp/x", deleted: true });
  t.strictSame(
    parseFileLink("/tmp/x (deleted)", () => true),
    { target: "/tmp/x (deleted)", deleted: false },
  );
  t.strictSame(parseFileLink("socket:[12]"), { target: "socket:[12]", deleted: false });

  const cwd = mkdtempSync(join(tmpdir(), "drydock-procfs-"));
  t.teardown(() => rmSync(cwd, { recursive: true, force: true }));
  const child = spawn("sleep", ["1000"], { cwd });
  t.teardown(() => child.kill("SIGKILL"));
  await once(child, "spawn");
  rmSync(cwd, { recursive: true });
  const pid = child.pid as number;
  t.strictSame(readFileLink(pid, "cwd"), { target: cwd, deleted: true });
  t.match(readFileLink(pid, "root"), { target: "/" });
  t.strictSame(
    readOpenFiles(pid)
      .map(({ fd }) => fd)
      .slice(0, 3),
    [0, 1, 2],
  );
});

t.test("namespaces, id maps, limits, interfaces", async (t) => {
  t.strictSame(parseNamespaceLink("mnt:[4026531841]"), { kind: "mnt", inode: 4026531841 });
  for (const wrong of ["", "mnt:[x]", "/etc/passwd", "mnt:[1]x"]) t.equal(parseNamespaceLink(wrong), undefined);
  const own = readNamespaces("self");
  for (const kind of ["mnt", "pid", "net", "uts", "ipc", "cgroup", "user"]) t.type(own[kind], "number", kind);
  t.notOk("pid_for_children" in own);

  t.ok(isIdentityMap(parseIdMap("         0          0 4294967295\n")));
  t.strictSame(parseIdMap(" 0 1000 1\n 1 100000 65536\n"), [
    { inside: 0, outside: 1000, count: 1 },
    { inside: 1, outside: 100000, count: 65536 },
  ]);
  t.notOk(isIdentityMap(parseIdMap("")), "a map that nobody has written");
  t.ok(readIdMap("self", "uid").length > 0);

  const limits = readLimits(process.pid);
  t.match(
    limits.find(({ name }) => name === "Max open files"),
    { soft: /^(\d+|unlimited)$/, hard: /^(\d+|unlimited)$/, unit: "files" },
  );
  t.equal(limits.length, parseLimits(readFileSync("/proc/self/limits", "utf8")).length);

  t.strictSame(
    parseNetDev("Inter-|\n face |\n    lo: 12 0 0 0 0 0 0 0 34 0 0 0 0 0 0 0\n  a:1:5 1 1 1 1 1 1 1 6 1 1 1 1 1 1 1\n"),
    [
      { name: "lo", receivedBytes: 12, sentBytes: 34 },
      { name: "a:1", receivedBytes: 5, sentBytes: 6 },
    ],
  );
  t.ok(readNetDev(process.pid).some(({ name }) => name === "lo"));
});

t.test("flat keyed files", async (t) => {
  t.strictSame(
    [...parseFlatKeyed("usage_usec 12\nmax max\n\nodd line here\nx -1\n")],
    [
      ["usage_usec", 12],
      ["x", -1],
    ],
  );
});

t.test("what has ended", async (t) => {
  const zombie = spawn("sh", ["-c", "true & exec sleep 1000"]);
  t.teardown(() => zombie.kill("SIGKILL"));
  await once(zombie, "spawn");
  const isDead = (pid: number): boolean => {
    const stat = readStat(pid);
    return stat?.parent === zombie.pid && stat?.state === "Z";
  };
  let dead: number | undefined;
  while (dead === undefined) {
    dead = listProcesses().find(isDead);
    await new Promise((done) => setTimeout(done, 10));
  }
  t.strictSame(readNamespaces(dead).mnt, undefined);
  t.equal(readFileLink(dead, "exe"), undefined);
  t.strictSame(readCmdline(dead), []);
  t.equal(readFileLink(2 ** 22 + 1, "exe"), undefined, "a process that never was");
});

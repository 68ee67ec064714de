/** The pure parts of `drydock inspect`: what is decided from values. The commands themselves: test/e2e/inspect.test.ts. */
import { parseCgroups, parseMountinfo } from "@drydock/linux";
import t from "tap";
import { shellWords } from "../output/shell-words.ts";
import { shorten, shortenPath, wrap } from "../output/wrap.ts";
import { binarySize } from "./binary-size.ts";
import { hierarchiesOf, hierarchyOf } from "./cgroup/hierarchies.ts";
import { parseLimits } from "./cgroup/limits.ts";
import { outcomeRows } from "./cgroup/outcome-text.ts";
import { planLimits } from "./cgroup/plan.ts";
import { usesOf } from "./cgroup/top.ts";
import { fittedTable } from "./fitted-table.ts";
import { peerGroups, propagationText } from "./mounts/groups.ts";
import { differences } from "./ns/diff.ts";
import { idMapText } from "./ns/id-map-text.ts";
import { collect } from "./ns/scan.ts";
import type { NamespaceView } from "./ns/views.ts";
import { kindsText } from "./proc/ls.ts";
import { processTree } from "./proc/tree.ts";
import { summaryOfFiles } from "./proc/words.ts";
import { commandText, namespacesApart } from "./process-facts.ts";
import { reportText } from "./report.ts";
import { parsePasswd } from "./user-name.ts";

t.test("text: wrapped, shortened, one line", async (t) => {
  t.strictSame(wrap("aa bb cccccc d", 5), ["aa bb", "cccccc", "d"]);
  t.equal(shorten("abcdef", 4), "abc…");
  t.equal(shorten("abcd", 4), "abcd");
  t.equal(shortenPath("/abcdefghijklmnop", 10), "/ab…klmnop");
  t.equal(shortenPath("/abc", 10), "/abc");
  t.equal(shellWords(["sh", "-c", "echo 'a b'; $x", "", "--m=64M"]), `sh -c 'echo '\\''a b'\\''; $x' '' --m=64M`);
  const [, row = ""] = fittedTable(["pid", "command"], [[1, `x\u001b[2J\n${"y".repeat(100)}`]], 20);
  t.equal(row.length, 20);
  t.notMatch(row, /[\u0000-\u001f]/, "a command line does not move the cursor");
  t.strictSame([0, 999, 1024, 33554432, 1500 * 1024 ** 2].map(binarySize), [
    "0 B",
    "999 B",
    "1 KiB",
    "32 MiB",
    "1.46 GiB",
  ]);
});

t.test("a report: lines and why, only lines, data", async (t) => {
  const report = { data: { mask: 255n }, lines: () => ["HEAD", "row"], why: "because it is so" };
  const manner = { json: false, width: 80, quiet: false };
  t.equal(reportText(report, manner), "HEAD\nrow\n\nbecause it is so\n");
  t.equal(reportText(report, { ...manner, quiet: true }), "HEAD\nrow\n");
  t.strictSame(JSON.parse(reportText(report, { ...manner, json: true })), { mask: "0xff" });
});

t.test("processes: commands, kinds, users, files", async (t) => {
  t.equal(commandText({ args: [], name: "kthreadd" }), "[kthreadd]");
  t.equal(commandText({ args: ["sh", "-c", ""], name: "sh" }), "sh -c ''");
  t.strictSame(namespacesApart({ net: 1, pid: 2, mnt: 3, later: 4 }, { net: 9, pid: 9, mnt: 3, later: 9 }), [
    "pid",
    "net",
    "later",
  ]);
  t.strictSame(namespacesApart({}, { net: 1 }), [], "a zombie is apart in nothing");
  t.equal(kindsText(["pid", "mnt", "net"], 80), "pid,mnt +1");
  t.equal(kindsText(["pid", "mnt", "net"], Number.POSITIVE_INFINITY), "pid,mnt,net");
  t.equal(kindsText(undefined, 80), "?");
  t.strictSame([...parsePasswd("root:x:0:0::/:/bin/sh\ntoor:x:0:0\nbroken\nx:y:z\n")], [[0, "root"]]);
  const files = ["/a", "/b", "/dev/null", "socket:[1]", "pipe:[2]", "anon_inode:[eventpoll]"].map((target, fd) => ({
    fd,
    target,
    deleted: fd === 0,
  }));
  t.equal(summaryOfFiles(files), "6 open: 2 files, 1 device, 1 socket, 1 pipe, 1 kernel object (1 removed since)");
});

t.test("proc tree: lost parents, and where a container begins", async (t) => {
  const one = (pid: number, parent: number, mnt: number) => ({
    pid,
    parent,
    state: "S",
    user: "root",
    residentBytes: 0,
    threads: 1,
    namespacePids: [pid],
    ownNamespaces: [],
    isKernelThread: false,
    args: ["x"],
    name: "x",
    namespaces: { mnt },
  });
  const all = [one(1, 0, 1), one(5, 1, 2), one(6, 5, 2), one(9, 77, 1), one(10, 10, 1)];
  const roots = processTree(all);
  t.strictSame(
    roots.map(({ pid }) => pid),
    [1, 9, 10],
  );
  t.strictSame(roots[0]?.children[0]?.entered, ["mnt"]);
  t.strictSame(roots[0]?.children[0]?.children[0]?.entered, []);
  t.equal(processTree(all, 5)[0]?.children.length, 1);
  t.strictSame(processTree(all, 1234), []);
});

t.test("namespaces: gathered from processes and mounts", async (t) => {
  const mounts = parseMountinfo("1 0 0:4 net:[7] /run/netns/x rw - nsfs nsfs rw\n2 0 0:4 / / rw - ext4 x rw\n");
  const found = collect(
    [
      [3, { net: 5, pid: 1 }],
      [4, { net: 6, pid: 1 }],
    ],
    mounts,
    { net: 5, pid: 1 },
  );
  t.strictSame(found, [
    { kind: "pid", inode: 1, pids: [3, 4], mountedOn: [], yours: true },
    { kind: "net", inode: 5, pids: [3], mountedOn: [], yours: true },
    { kind: "net", inode: 6, pids: [4], mountedOn: [], yours: false },
    { kind: "net", inode: 7, pids: [], mountedOn: ["/run/netns/x"], yours: false },
  ]);
  t.equal(idMapText([]), "none mapped: everybody is nobody");
  t.equal(idMapText([{ inside: 0, outside: 1000, count: 1 }]), "0 inside is 1000 outside");
  t.equal(idMapText([{ inside: 0, outside: 100000, count: 65536 }]), "0-65535 inside are 100000-165535 outside");
});

t.test("ns diff: a sentence for what differs, none for what is shared", async (t) => {
  const view = (pid: number, change: Partial<NamespaceView>): NamespaceView => ({
    pid,
    namespaces: { mnt: 1, net: 1 },
    namespacePids: [pid],
    mounts: [{ mountPoint: "/", type: "ext4", source: "/dev/sda" }],
    interfaces: ["lo"],
    uidMap: [],
    cgroups: [],
    ...change,
  });
  const [mnt, net] = differences(view(1, {}), view(2, { namespaces: { mnt: 1, net: 2 }, interfaces: ["lo", "eth0"] }));
  t.strictSame(mnt, { kind: "mnt", a: 1, b: 1, same: true, comesTo: [] });
  t.strictSame(net?.comesTo, ["1 has the interfaces lo", "2 has the interfaces lo eth0"]);
});

t.test("mounts: peers and slaves, here and in other namespaces", async (t) => {
  const line = (id: number, point: string, fields: string): string =>
    `${id} 1 0:1 / ${point} rw ${fields} - tmpfs none rw\n`;
  const mine = parseMountinfo(
    line(2, "/a", "shared:1") + line(3, "/b", "shared:1") + line(4, "/c", "master:5") + line(6, "/p", ""),
  );
  const others = [
    {
      pid: 42,
      mounts: parseMountinfo(
        line(7, "/x", "master:1") + line(8, "/y", "shared:5 master:1") + line(9, "/z", "shared:9"),
      ),
    },
  ];
  t.strictSame(peerGroups(mine, others), [
    {
      id: 1,
      peers: [{ mountPoint: "/a" }, { mountPoint: "/b" }],
      slaves: [
        { elsewhere: 42, mountPoint: "/x" },
        { elsewhere: 42, mountPoint: "/y" },
      ],
    },
    { id: 5, peers: [{ elsewhere: 42, mountPoint: "/y" }], slaves: [{ mountPoint: "/c" }], masterGroup: 1 },
  ]);
  t.equal(propagationText({ unbindable: false }), "private");
  t.equal(propagationText({ unbindable: true }), "unbindable");
  t.equal(
    propagationText({ unbindable: false, sharedGroup: 3, masterGroup: 2, fromGroup: 1 }),
    "shared 3, slave of 2 (from 1)",
  );
});

t.test("cgroup: hierarchies of v1, v2 and both", async (t) => {
  const mounts = parseMountinfo(
    "1 0 0:1 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n2 0 0:2 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n3 0 0:3 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n4 0 0:4 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n5 0 0:2 / /elsewhere rw - cgroup cgroup rw,memory\n",
  );
  const memberships = parseCgroups("3:cpu,cpuacct:/a\n2:memory:/gone\n1:name=systemd:/\n0::/../outside\n");
  const look = { controllers: () => "pids hugetlb\n", exists: (path: string) => !path.includes("gone") };
  const found = hierarchiesOf(mounts, memberships, look);
  t.strictSame(found, [
    {
      version: 1,
      mountPoint: "/sys/fs/cgroup/cpu,cpuacct",
      controllers: ["cpu", "cpuacct"],
      own: "/sys/fs/cgroup/cpu,cpuacct/a",
    },
    { version: 1, mountPoint: "/sys/fs/cgroup/memory", controllers: ["memory"], own: "/sys/fs/cgroup/memory" },
    {
      version: 2,
      mountPoint: "/sys/fs/cgroup/unified",
      controllers: ["pids", "hugetlb"],
      own: "/sys/fs/cgroup/unified",
    },
  ]);
  t.equal(hierarchyOf("pids", found)?.version, 2);
  t.equal(hierarchyOf("io", found), undefined);
  const bind = parseMountinfo("1 0 0:1 /docker/c1 /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  const [inside] = hierarchiesOf(bind, parseCgroups("2:memory:/docker/c1/sub\n"), look);
  t.equal(inside?.own, "/sys/fs/cgroup/memory/sub", "a mount that shows a part of the tree");

  const plan = planLimits({ memory: 4096, cpu: 0.5, pids: 3 }, found);
  t.strictSame(plan.missing, []);
  t.strictSame(
    plan.groups.map(({ hierarchy, files }) => [
      hierarchy.mountPoint,
      files.map(({ file, value }) => `${file}=${value}`),
    ]),
    [
      ["/sys/fs/cgroup/memory", ["memory.limit_in_bytes=4096", "memory.memsw.limit_in_bytes=4096"]],
      ["/sys/fs/cgroup/cpu,cpuacct", ["cpu.cfs_period_us=100000", "cpu.cfs_quota_us=50000"]],
      ["/sys/fs/cgroup/unified", ["pids.max=3"]],
    ],
  );
  const v2 = [{ version: 2 as const, mountPoint: "/c", controllers: ["cpu", "memory"], own: "/c" }];
  t.strictSame(planLimits({ memory: 4096, cpu: 2, pids: 3 }, v2), {
    groups: [
      {
        hierarchy: v2[0],
        controllers: ["memory", "cpu"],
        files: [
          { file: "memory.max", value: "4096" },
          { file: "memory.swap.max", value: "0", optional: true },
          { file: "cpu.max", value: "200000 100000" },
        ],
      },
    ],
    missing: ["pids"],
  });
});

t.test("limits as people write them", async (t) => {
  t.strictSame(parseLimits({ memory: "64M", cpu: "0.5", pids: "20" }), { memory: 64 * 1024 ** 2, cpu: 0.5, pids: 20 });
  t.strictSame(
    ["4096", "8k", "1.5Gi", "1GiB", "2gb"].map((memory) => parseLimits({ memory }).memory),
    [4096, 8192, 1610612736, 1024 ** 3, 2 * 1024 ** 3],
  );
  const wrong = [
    {},
    { memory: "" },
    { memory: "-1" },
    { memory: "12 M" },
    { memory: "1P" },
    { memory: "10" },
    { cpu: "0" },
    { cpu: "half" },
    { cpu: "1e9" },
    { pids: "0" },
    { pids: "3.5" },
  ];
  for (const flags of wrong) t.throws(() => parseLimits(flags), { code: "CLI_USAGE" }, JSON.stringify(flags));
});

t.test("what limits did, in words", async (t) => {
  const memory = { limitBytes: 1024 ** 2, peakBytes: 1024 ** 2, reclaims: 7, oomKills: 2 };
  const cpu = { limitCpus: 0.5, usedSeconds: 1, periods: 20, throttledPeriods: 15, throttledSeconds: 1 };
  const text = outcomeRows({ wallSeconds: 2, memory, cpu, pids: { limit: 3, peak: 3, refusedForks: 1 } });
  t.strictSame(
    text.map(([limit]) => limit),
    ["memory 1 MiB", "cpu 0.5", "pids 3"],
  );
  t.match(text[0]?.[1], /peak 1 MiB \(100 %\); 2 processes were killed for want of memory/);
  t.match(text[1]?.[1], /held back in 15 of 20 periods \(75 %\), for 1\.00 s in all, 50 % of the time/);
  t.match(text[2]?.[1], /at most 3 at once; 1 fork was refused/);
  const calm = outcomeRows({
    wallSeconds: 2,
    memory: { ...memory, reclaims: 0, oomKills: 0, peakBytes: undefined },
    cpu: { ...cpu, periods: 0, throttledPeriods: 0, usedSeconds: undefined },
    pids: { limit: 3, peak: undefined, refusedForks: 0 },
  });
  t.strictSame(
    calm.map(([, did]) => did),
    ["this kernel keeps no peak; never met", "never held back", "no fork was refused"],
  );
});

t.test("cgroup top: rates between two samples", async (t) => {
  const sample = (path: string, cpuSeconds?: number) =>
    [path, { path, processes: 1, ...(cpuSeconds === undefined ? {} : { cpuSeconds }) }] as const;
  const uses = usesOf(
    new Map([sample("/a", 1), sample("/b", 5)]),
    new Map([sample("/a", 1.5), sample("/b", 1), sample("/new", 9), sample("/none")]),
    2,
  );
  t.strictSame(
    uses.map(({ path, cpuPercent }) => [path, cpuPercent]),
    [
      ["/a", 25],
      ["/b", 0],
      ["/new", 0],
      ["/none", undefined],
    ],
  );
});

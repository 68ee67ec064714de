import t from "tap";
import { parseUnifiedCgroup } from "./cgroup.ts";
import { parseMountinfo, readMountinfo } from "./mountinfo.ts";
import { parseStat, readStat } from "./stat.ts";
import { parseStatus, readStatus } from "./status.ts";

t.test("stat: the command may hold anything", async (t) => {
  const line = "42 (a) b (c)) S 1 42 41 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 100 200";
  t.strictSame(parseStat(line), {
    pid: 42,
    command: "a) b (c)",
    state: "S",
    parent: 1,
    processGroup: 42,
    session: 41,
    isKernelThread: false,
    userTicks: 5,
    systemTicks: 6,
    threads: 1,
    startTime: 987654,
  });
  t.equal(readStat(process.pid)?.parent, process.ppid);
  t.equal(readStat(2 ** 22 + 1), undefined);
});

t.test("mountinfo: optional fields end at the dash, paths are escaped", async (t) => {
  const [mount] = parseMountinfo(
    "36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue\n",
  );
  t.strictSame(mount, {
    id: 36,
    parent: 35,
    root: "/mnt1",
    mountPoint: "/mnt 2",
    options: ["rw", "noatime"],
    propagation: ["master:1", "shared:7"],
    type: "ext3",
    source: "/dev/root",
    superOptions: ["rw", "errors=continue"],
  });
  t.strictSame(parseMountinfo("1 1 0:1 / / rw - tmpfs none rw")[0]?.propagation, []);
  t.ok(readMountinfo().some(({ mountPoint, type }) => mountPoint === "/proc" && type === "proc"));
});

t.test("status: capabilities, ids, namespaces", async (t) => {
  const text =
    "Name:\tsh\nState:\tS (sleeping)\nPPid:\t7\nUid:\t1\t2\t3\t4\nGid:\t5\t5\t5\t5\nGroups:\t8 9 \nNSpid:\t100\t1\nVmRSS:\t  12 kB\nCapInh:\t0\nCapPrm:\tff\nCapEff:\t1\nCapBnd:\t1ff\nCapAmb:\t0\nNoNewPrivs:\t1\n";
  t.match(parseStatus(text), {
    name: "sh",
    state: "S",
    parent: 7,
    uids: [1, 2, 3, 4],
    groups: [8, 9],
    namespacePids: [100, 1],
    residentBytes: 12288,
    noNewPrivileges: true,
    capabilities: { permitted: 0xffn, bounding: 0x1ffn },
  });
  t.equal(readStatus("self").uids[0], process.getuid?.());
});

t.test("cgroup: the line of version 2", async (t) => {
  t.equal(parseUnifiedCgroup("4:memory:/a\n0::/b/c\n"), "/b/c");
  t.equal(parseUnifiedCgroup("4:memory:/a\n"), undefined);
});

import { existsSync, mkdtempSync, readlinkSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "@drydock/kit";
import t from "tap";
import { readMountinfo } from "../procfs/mountinfo.ts";
import { ipBatch, parseFailures } from "./ip-batch.ts";
import { bridgeLines, interfaceLines, vethLines } from "./links.ts";
import { createNetns, removeNetns } from "./netns.ts";

t.test("network namespaces on files", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "drydock-netns-"));
  const node = join(directory, "node");
  const pod = join(directory, "pod");
  t.teardown(() => {
    removeNetns(node);
    removeNetns(pod);
    rmSync(directory, { recursive: true });
  });
  const own = readlinkSync("/proc/self/ns/net");
  await createNetns(node);
  await createNetns(pod);
  t.equal(readlinkSync("/proc/self/ns/net"), own, "the caller stays where it is");
  t.not(`net:[${statSync(node).ino}]`, own);
  t.not(statSync(node).ino, statSync(pod).ino);
  await t.rejects(createNetns(node), { code: "LINUX_BAD_NAMESPACE", details: { path: node } });

  t.test("are wired with batches that can be run again", async (t) => {
    const wire = async (): Promise<void> => {
      await ipBatch(
        [
          ...bridgeLines("br0", "10.9.0.1/24"),
          ...vethLines({ name: "veth0", bridge: "br0", netns: pod, inside: "eth0" }),
        ],
        { netns: node },
      );
      await ipBatch(interfaceLines({ name: "eth0", address: "10.9.0.2/24", gateway: "10.9.0.1" }), { netns: pod });
    };
    await wire();
    await wire();
    const ping = [`--net=${pod}`, "busybox", "ping", "-c", "1", "-W", "5"];
    t.match(await runCommand("nsenter", [...ping, "10.9.0.1"]), /1 packets received/);
    t.match(await runCommand("nsenter", [...ping, "127.0.0.1"]), /1 packets received/, "its loopback is up");
    const unwire = ["link del veth0", "link del br0"];
    await ipBatch(unwire, { netns: node });
    await ipBatch(unwire, { netns: node });
  });

  t.test("a line that fails is named", async (t) => {
    await t.rejects(
      ipBatch(
        ["link add ok0 type bridge", "link add ok0 type bridge", "address add nonsense dev ok0", "link del ok0"],
        {
          netns: node,
        },
      ),
      {
        code: "LINUX_NETWORK_FAILED",
        message: /^ip address add nonsense dev ok0: .*nonsense.* \(line 3\)$/,
        details: { lineNumber: 3 },
      },
    );
    await t.rejects(ipBatch(["link set nonesuch up"], { netns: node }), {
      code: "LINUX_NETWORK_FAILED",
      details: { line: "link set nonesuch up" },
    });
    await t.rejects(ipBatch(["link add x type bridge"], { netns: "/nonexistent" }), { code: "LINUX_NETWORK_FAILED" });
    await ipBatch([]);
  });

  t.test("go without a trace", async (t) => {
    removeNetns(node);
    removeNetns(pod);
    removeNetns(pod);
    t.notOk(existsSync(node) || existsSync(pod));
    t.strictSame(
      readMountinfo().filter(({ mountPoint }) => mountPoint.startsWith(directory)),
      [],
    );
  });
});

t.test("what ip says about its lines", async (t) => {
  t.strictSame(
    parseFailures(
      'RTNETLINK answers: File exists\nCommand failed -:2\nError: any valid prefix is expected rather than "x".\nCommand failed -:3\n',
    ),
    [
      { line: 2, message: "File exists" },
      { line: 3, message: 'any valid prefix is expected rather than "x".' },
    ],
  );
  t.strictSame(parseFailures(""), []);
});

import { execFileSync } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { AddressPool } from "../network/bridge/address-pool.ts";
import { addressRequest, defaultRouteRequest, netmaskOf } from "../network/bridge/interface-requests.ts";
import { addressAt, gatewayOf, indexOf, parseCidr } from "../network/cidr.ts";
import type { ContainerSpec } from "../port/pod-runtime.ts";
import { capabilitiesOf } from "./capabilities.ts";
import { containerConfig } from "./container-config.ts";
import { hostsText, resolvConfText } from "./etc-files.ts";
import { readEtcFile } from "./image-users.ts";
import { containerId, parseContainerId } from "./layout.ts";
import { resolveUser } from "./resolve-user.ts";
import { startFailure } from "./start-failure.ts";

t.test("networks", async (t) => {
  const cidr = parseCidr("10.88.1.77/24");
  t.same([addressAt(cidr, 0), gatewayOf(cidr), addressAt(cidr, 255)], ["10.88.1.0", "10.88.1.1", "10.88.1.255"]);
  t.equal(addressAt(parseCidr("10.88.0.0/16"), 256), "10.88.1.0");
  t.equal(indexOf(cidr, "10.88.1.9"), 9);
  for (const bad of ["10.88.1.0", "10.88.1.0/30", "10.88.1.0/x", "::/64", "1.2.3/24"]) {
    t.throws(() => parseCidr(bad), { code: "AGENT_BAD_CIDR" }, bad);
  }
  t.same([netmaskOf(24), netmaskOf(20), netmaskOf(0)], ["255.255.255.0", "255.255.240.0", "0.0.0.0"]);
  t.equal(addressRequest("eth0", "10.88.1.2").subarray(0, 4).toString(), "eth0");
  t.same([...addressRequest("eth0", "10.88.1.2").subarray(16, 24)], [2, 0, 0, 0, 10, 88, 1, 2]);
  t.equal(defaultRouteRequest("10.88.1.1").length, 120);
});

t.test("addresses", async (t) => {
  const directory = join(t.testdir(), "addresses");
  const cidr = parseCidr("10.0.0.0/29");
  const pool = new AddressPool(directory, cidr);
  t.equal(await pool.allocate("a"), "10.0.0.2");
  t.equal(await pool.allocate("a"), "10.0.0.2", "the same owner, the same address");
  const other = new AddressPool(directory, cidr);
  const both = await Promise.all(["b", "c", "d"].map((owner, index) => (index % 2 ? pool : other).allocate(owner)));
  t.equal(new Set(both).size, 3, "two allocators on one directory never give one address twice");
  await pool.release("a");
  t.equal(await pool.allocate("e"), "10.0.0.6", "a freed address is used again as late as possible");
  t.equal(await pool.allocate("f"), "10.0.0.2");
  await t.rejects(pool.allocate("g"), { code: "AGENT_NO_ADDRESS" });
  t.same((await pool.releaseOthers(new Set(["b", "e"]))).length, 3);
  t.same([...(await pool.list()).values()].sort(), ["b", "e"]);
});

t.test("ids", async (t) => {
  const key = { podUid: "11111111-2222-3333-4444-555555555555", name: "web-server", attempt: 12 };
  t.same(parseContainerId(containerId(key)), key);
  for (const bad of ["", "a.b", "a.b.c", "a..1", "a.b.1.2"]) t.equal(parseContainerId(bad), undefined, bad);
});

t.test("capabilities", async (t) => {
  t.ok(capabilitiesOf([], []).includes("CAP_NET_BIND_SERVICE"));
  t.notOk(capabilitiesOf([], []).includes("CAP_SYS_ADMIN"));
  t.same(capabilitiesOf(["NET_ADMIN"], ["ALL"]), ["CAP_NET_ADMIN"]);
  t.notOk(capabilitiesOf([], ["cap_net_raw"]).includes("CAP_NET_RAW"));
  t.ok(capabilitiesOf(["ALL"], []).includes("CAP_SYS_ADMIN"));
});

const passwd = "root:x:0:0:root:/root:/bin/sh\nweb:x:101:102::/srv:/bin/sh\n# comment\nbroken\n";
const group = "root:x:0:\nwww:x:102:\nlogs:x:200:web,other\n";
const plain = { runAsNonRoot: false, supplementalGroups: [] };

t.test("users", async (t) => {
  const user = (name: string | undefined, security = {}) =>
    resolveUser(name, { ...plain, ...security }, { passwd, group });
  t.same(user(undefined), { uid: 0, gid: 0, additionalGids: [], home: "/root" });
  t.same(user("web"), { uid: 101, gid: 102, additionalGids: [200], home: "/srv" });
  t.match(user("web:logs"), { uid: 101, gid: 200 });
  t.match(user("101"), { uid: 101, gid: 102, additionalGids: [200] });
  t.match(user("1234:55"), { uid: 1234, gid: 55, home: "/" });
  t.match(user("web", { runAsUser: 7, runAsGroup: 8, supplementalGroups: [9, 8] }), {
    uid: 7,
    gid: 8,
    additionalGids: [9],
  });
  t.throws(() => user("nobody"), { code: "AGENT_NO_SUCH_USER" });
  t.throws(() => user("web:nogroup"), { code: "AGENT_NO_SUCH_USER" });
  t.throws(() => user("root", { runAsNonRoot: true }), { code: "AGENT_RUN_AS_ROOT" });
  t.match(resolveUser("5", plain, { passwd: undefined, group: undefined }), { uid: 5, gid: 0 });
});

t.test("files of an image are read as overlay would show them, and no link is followed", async (t) => {
  const root = t.testdir({
    base: { etc: { passwd: "base" } },
    top: { etc: { group: "top" } },
    empty: {},
    evil: {},
    evilFile: { etc: {} },
    hidden: { etc: {} },
    secret: { passwd: "root:secret" },
  });
  const layer = (name: string): string => join(root, name);
  await symlink(layer("secret"), join(root, "evil", "etc"));
  await symlink(join(root, "secret", "passwd"), join(root, "evilFile", "etc", "passwd"));
  t.equal(await readEtcFile([layer("empty"), layer("top"), layer("base")], "passwd"), "base");
  t.equal(await readEtcFile([layer("top"), layer("base")], "group"), "top");
  t.equal(await readEtcFile([layer("empty")], "passwd"), undefined);
  await t.rejects(readEtcFile([layer("evil"), layer("base")], "passwd"), { code: "AGENT_UNSAFE_IMAGE_FILE" });
  await t.rejects(readEtcFile([layer("evilFile"), layer("base")], "passwd"), { code: "AGENT_UNSAFE_IMAGE_FILE" });
  if (process.getuid?.() === 0) {
    execFileSync("mknod", [join(root, "hidden", "etc", "passwd"), "c", "0", "0"]);
    t.equal(await readEtcFile([layer("hidden"), layer("base")], "passwd"), undefined, "deleted in a layer above");
  }
  await mkdir(join(root, "large", "etc"), { recursive: true });
  await writeFile(join(root, "large", "etc", "passwd"), Buffer.alloc(5 * 1024 * 1024));
  await t.rejects(readEtcFile([layer("large")], "passwd"), { code: "AGENT_UNSAFE_IMAGE_FILE" });
});

const spec: ContainerSpec = {
  podUid: "u",
  name: "web",
  attempt: 0,
  image: "web:1",
  imageId: "sha256:1",
  specHash: "h",
  failures: 0,
  env: [{ name: "A", value: "pod" }],
  security: {
    ...plain,
    allowPrivilegeEscalation: true,
    seccompDefault: false,
    addCapabilities: [],
    dropCapabilities: [],
  },
  resources: {},
  oomScoreAdj: 1000,
  mounts: [],
  readOnlyRootFilesystem: false,
  logPath: "/l",
};

t.test("configuration: pod before image before defaults", async (t) => {
  const make = (change: Partial<ContainerSpec>, image = {}) =>
    containerConfig({
      spec: { ...spec, ...change },
      image: {
        Entrypoint: ["/entry"],
        Cmd: ["cmd"],
        Env: ["A=image", "B=image", "PATH=/bin"],
        WorkingDir: "/w",
        ...image,
      },
      user: { uid: 0, gid: 0, additionalGids: [], home: "/root" },
      namespaces: "/p/ns",
      etc: "/p/etc",
      hostname: "web-1",
      cgroupsPath: "kubepods/x",
    });
  const { process, linux, mounts, root } = make({});
  t.same(process.args, ["/entry", "cmd"]);
  t.same(make({ command: ["sh"] }).process.args, ["sh"], "a command drops the image's arguments too");
  t.same(make({ args: ["x"] }).process.args, ["/entry", "x"]);
  t.throws(() => make({}, { Entrypoint: undefined, Cmd: undefined }), { code: "AGENT_NO_COMMAND" });
  t.same([...(process.env ?? [])].sort(), ["A=pod", "B=image", "HOME=/root", "HOSTNAME=web-1", "PATH=/bin"]);
  t.equal(process.cwd, "/w");
  t.equal(process.noNewPrivileges, false);
  t.equal(make({ security: { ...spec.security, allowPrivilegeEscalation: false } }).process.noNewPrivileges, true);
  t.match(linux?.namespaces, [
    { type: "pid" },
    { type: "mount" },
    { type: "cgroup" },
    { type: "network", path: "/p/ns/net" },
  ]);
  t.ok(mounts?.some((mount) => mount.destination === "/etc/resolv.conf" && mount.source === "/p/etc/resolv.conf"));
  t.equal(root.readonly, false);
  t.same(make({ resources: { cpuShares: 256, memoryLimitBytes: 5 } }).linux?.resources, {
    cpu: { shares: 256 },
    memory: { limit: 5 },
  });
});

t.test("files of a pod", async (t) => {
  const hosts = hostsText({ hostname: "web-1", hostAliases: [{ ip: "1.2.3.4", hostnames: ["a", "b"] }] }, "10.88.1.2");
  t.match(hosts, "10.88.1.2\tweb-1\n");
  t.match(hosts, "1.2.3.4\ta\tb\n");
  t.equal(
    resolvConfText({ nameservers: ["10.0.0.10"], searches: ["a", "b"], options: ["ndots:5"] }),
    "search a b\nnameserver 10.0.0.10\noptions ndots:5\n",
  );
});

t.test("failed starts", async (t) => {
  t.match(startFailure(new Error("no overlay")), { reason: "StartError", exitCode: 128, message: "no overlay" });
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { loadConfList, parseConfList } from "./conf-list.ts";
import { cniEnvironment, executionConf, podAddress } from "./request.ts";

const bridge = { type: "bridge", capabilities: { ipRanges: true, portMappings: true }, ipam: { type: "host-local" } };
const list = { cniVersion: "1.0.0", name: "net", disableCheck: false, plugins: [bridge] };

t.test("a list, and a plugin that stands alone", async (t) => {
  t.same(parseConfList(JSON.stringify({ cniVersion: "1.0.0", name: "net", plugins: [bridge] }), "f"), list);
  const alone = { cniVersion: "0.4.0", name: "old", type: "bridge" };
  t.match(parseConfList(JSON.stringify(alone), "f"), { name: "old", plugins: [{ type: "bridge" }] });
  t.equal(parseConfList(JSON.stringify({ ...list, disableCheck: "true" }), "f").disableCheck, true);
});

t.test("what is wrong is named", async (t) => {
  const wrong: [unknown, RegExp][] = [
    ["{", /f: it is no JSON/],
    ["[]", /f: it is not an object/],
    [{ ...list, cniVersion: "0.2.0" }, /cniVersion is "0.2.0", and may be one of 0.3.0/],
    [{ ...list, cniVersion: undefined }, /cniVersion is "0.1.0"/],
    [{ ...list, name: "../up" }, /name is "..\/up"/],
    [{ ...list, plugins: [] }, /plugins is not a list/],
    [{ ...list, plugins: [bridge, 1] }, /plugins\[1\] is not an object/],
    [{ ...list, plugins: [{ type: "../../bin/sh" }] }, /plugins\[0\].type is "..\/..\/bin\/sh"/],
    [{ ...list, plugins: [{ type: "a", capabilities: [] }] }, /plugins\[0\].capabilities is not an object/],
    [{ ...list, disableCheck: 1 }, /disableCheck is 1/],
  ];
  for (const [value, message] of wrong) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    t.throws(() => parseConfList(text, "f"), { code: "AGENT_CNI_CONFIG", message }, text);
  }
});

t.test("the first of a directory by name", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "drydock-cni-"));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  await t.rejects(loadConfList(directory), { code: "AGENT_CNI_CONFIG", message: /there is no \*\.conflist/ });
  await t.rejects(loadConfList(join(directory, "none")), { message: /cannot be read \(ENOENT\)/ });
  await writeFile(join(directory, "20-b.conflist"), JSON.stringify({ ...list, name: "b" }));
  await writeFile(join(directory, "10-a.conflist"), JSON.stringify({ ...list, name: "a" }));
  await writeFile(join(directory, "00-notes.txt"), "nothing");
  t.equal((await loadConfList(directory)).name, "a");
});

t.test("what a plugin is told", async (t) => {
  const pod = { podUid: "u-1", namespace: "default", name: "web", netns: "/run/ns" };
  const context = { list, pod, podCidr: "10.1.2.0/24", path: ["/a", "/b"] };
  t.match(cniEnvironment("ADD", context), {
    CNI_COMMAND: "ADD",
    CNI_CONTAINERID: "u-1",
    CNI_NETNS: "/run/ns",
    CNI_IFNAME: "eth0",
    CNI_PATH: "/a:/b",
    CNI_ARGS: /^IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web;/,
  });
  t.strictSame(executionConf(bridge, context, undefined), {
    type: "bridge",
    ipam: { type: "host-local" },
    cniVersion: "1.0.0",
    name: "net",
    // Of its capabilities the one that we have something for.
    runtimeConfig: { ipRanges: [[{ subnet: "10.1.2.0/24" }]] },
  });
  t.strictSame(executionConf({ type: "tuning" }, context, { ips: [] }), {
    type: "tuning",
    cniVersion: "1.0.0",
    name: "net",
    prevResult: { ips: [] },
  });
});

t.test("the pod's address in a result", async (t) => {
  const interfaces = [{ name: "cni0" }, { name: "eth0", sandbox: "/run/ns" }];
  t.equal(
    podAddress({
      interfaces,
      ips: [
        { address: "10.1.2.1/24", interface: 0 },
        { address: "fd00::2/64", interface: 1 },
        { address: "10.1.2.3/24", interface: 1 },
      ],
    }),
    "10.1.2.3",
  );
  t.equal(podAddress({ ips: [{ address: "10.1.2.3/24" }] }), "10.1.2.3");
  for (const none of [undefined, {}, { ips: [{ address: "fd00::2/64" }] }]) t.equal(podAddress(none), undefined);
});

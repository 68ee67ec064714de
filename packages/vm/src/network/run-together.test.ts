import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import t from "tap";
import type { EngineName } from "../engine.ts";
import { qemuEngine } from "../qemu/qemu-engine.ts";
import { umlEngine } from "../uml-engine.ts";
import { networkPlaces } from "./plan.ts";
import { runTogether } from "./run-together.ts";

// Other tests run machines, too: those of this file have their files in a place of their own.
const ownTmp = await mkdtemp(join(tmpdir(), "vm-test-"));
process.env.TMPDIR = ownTmp;
// All that is waited for here is waited for before the first test: the runner takes a pause between tests for the end.
const noUml = await umlEngine.unavailable();
const noQemu = await qemuEngine.unavailable();
t.teardown(() => rm(ownTmp, { recursive: true, force: true }));

class Sink extends Writable {
  text = "";
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

t.test("every machine has its place; names that cannot be are refused", async (t) => {
  t.same(
    networkPlaces(["a", "b-1"]).map(({ name, address, mac }) => [name, address, mac]),
    [
      ["a", "198.51.100.11", "02:00:c6:33:64:0b"],
      ["b-1", "198.51.100.12", "02:00:c6:33:64:0c"],
    ],
  );
  for (const names of [
    ["a", "a"],
    ["Bad"],
    ["a b"],
    ["localhost"],
    ["x'y"],
    Array.from({ length: 33 }, (_, n) => `m${n}`),
  ]) {
    t.throws(() => networkPlaces(names), { code: "VM_BAD_REQUEST" }, names.slice(0, 2).join());
  }
});

const httpd = "cd /etc && exec busybox httpd -f -p 80";
const fetchHosts = [
  "i=0; until busybox wget -qO- http://server/hosts; do sleep 0.2; i=$((i+1)); [ $i -lt 150 ] || exit 3; done",
  "hostname; ip route; busybox ping -c1 -W1 198.51.100.1 >/dev/null || echo nobody else; exit 5",
].join("\n");

/** Interfaces and temporary files of ours on the host. */
async function leftovers(): Promise<string[]> {
  const files = (await readdir(tmpdir())).filter((name) => name.startsWith("drydock-vm-"));
  return [...files, ...(await readdir("/sys/class/net")).filter((name) => /^(vm\d|lan)$/.test(name))];
}

const pairs: [EngineName, EngineName][] = [
  ["uml", "uml"],
  ["qemu", "uml"],
];
for (const [server, client] of pairs) {
  const missing = noUml ?? (server === "qemu" ? noQemu : undefined);
  t.test(
    `a ${server} server and a ${client} client on a network of their own`,
    { skip: missing ?? false },
    async (t) => {
      const stdout = new Sink();
      const stderr = new Sink();
      const request = (script: string, out: Writable) => ({
        command: ["sh", "-c", script],
        stdout: out,
        stderr,
        memoryMiB: 512,
        timeoutMs: 120_000,
      });
      const results = await runTogether(
        [
          { name: "server", engine: server, request: request(httpd, stderr) },
          { name: "client", engine: client, request: request(fetchHosts, stdout) },
        ],
        { until: "client" },
      );
      t.equal(results.get("client")?.exitCode, 5, stderr.text);
      t.equal(results.get("client")?.engine, client);
      t.notOk(results.has("server"), "was switched off");
      const lines = stdout.text.trim().split("\n");
      t.same(lines.slice(2, 5), ["198.51.100.11 server", "198.51.100.12 client", "client"]);
      t.match(lines[5], /^198\.51\.100\.0\/24 dev eth0/);
      t.same(lines.slice(6), ["nobody else"], "no other route, nobody else answers");
      t.same(await leftovers(), []);
    },
  );
}

t.test("a machine that runs out of time ends all", { skip: noUml ?? false }, async (t) => {
  const sinks = { stdout: new Sink(), stderr: new Sink(), memoryMiB: 256 };
  const running = runTogether([
    { name: "a", engine: "uml", request: { command: ["sleep", "600"], ...sinks } },
    { name: "b", engine: "uml", request: { command: ["sleep", "600"], timeoutMs: 3000, ...sinks } },
  ]);
  await t.rejects(running, { code: "VM_TIMEOUT" });
  t.same(await leftovers(), []);
});

t.test("requests that cannot be met are refused", async (t) => {
  const request = { command: ["true"], stdout: new Sink(), stderr: new Sink() };
  await t.rejects(runTogether([{ name: "a", request }], { until: "b" }), { code: "VM_BAD_REQUEST" });
});

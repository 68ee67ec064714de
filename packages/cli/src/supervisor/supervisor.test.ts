import { ManualClock, silentLogger } from "@drydock/kit";
import t from "tap";
import { withoutLoopback } from "./host/resolv-conf.ts";
import { keepRunning, type Part } from "./keep-running.ts";
import { nodeContainer } from "./nodes/node-config.ts";
import { programDirectories } from "./nodes/programs.ts";
import { dataPaths } from "./paths.ts";
import { networkOf } from "./settings.ts";
import { differences, type UpOptions } from "./up-options.ts";

t.test("a part that ends is started again, later and later, until it holds", async (t) => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const ends: PromiseWithResolvers<string>[] = [];
  const starts: number[] = [];
  const start = async (): Promise<Part> => {
    starts.push(clock.now());
    const ended = Promise.withResolvers<string>();
    ends.push(ended);
    return { pid: starts.length, ended: ended.promise, stop: async () => {} };
  };
  const restarts: number[] = [];
  const kept = keepRunning(await start(), {
    name: "x",
    start,
    started: (_part, count) => void restarts.push(count),
    signal: stop.signal,
    logger: silentLogger,
    clock,
  });
  const end = async (): Promise<void> => {
    ends.at(-1)?.resolve("exit code 1");
    await new Promise((resolve) => setImmediate(resolve));
  };
  for (const wait of [200, 400, 800]) {
    await end();
    await clock.advance(wait);
  }
  t.same(starts, [0, 200, 600, 1400]);
  await clock.advance(60_000);
  await end();
  await clock.advance(200);
  t.equal(starts.at(-1), 61_600, "after a long run the first pause is the short one again");
  t.same(restarts, [1, 2, 3, 4]);
  stop.abort();
  await kept;
});

t.test("the network: as asked, as the last time, or chosen", async (t) => {
  t.equal(networkOf("10.1.0.0/16", "10.2.0.0/16", ["192.168.0.0/24"]), "10.1.0.0/16");
  t.equal(networkOf(undefined, "10.2.0.0/16", ["192.168.0.0/24"]), "10.2.0.0/16");
  t.equal(networkOf(undefined, "10.2.0.0/16", ["10.2.5.0/24"]), "10.88.0.0/16", "taken meanwhile");
  t.throws(() => networkOf("10.1.0.0/16", undefined, ["10.1.2.3/32"]), {
    code: "CLUSTER_NO_NETWORK",
    message: /10\.1\.2\.3/,
  });
  t.throws(() => networkOf(undefined, undefined, ["10.0.0.0/8"]), { code: "CLUSTER_NO_NETWORK" });
});

t.test("a second up: what differs from what runs", async (t) => {
  const running = { nodes: 3, port: 6443, network: "10.88.0.0/16", runtime: "native" as const };
  const asked = (values: object) => ({ dataDir: "/d", kubeconfig: "/k", ...values }) as UpOptions;
  t.same(differences(asked({}), running), []);
  t.same(differences(asked({ nodes: 3, port: 0 }), running), []);
  t.same(differences(asked({ nodes: 5, port: 7000 }), running), ["--nodes 5 (it has 3)", "--port 7000 (it has 6443)"]);
});

t.test("name servers that a node can reach", async (t) => {
  const text = "nameserver 127.0.0.53\nnameserver 10.0.0.2\nsearch lan\noptions edns0\n";
  t.equal(withoutLoopback(text), "nameserver 10.0.0.2\nsearch lan\noptions edns0\n");
  t.equal(withoutLoopback("nameserver ::1\nnameserver fd00::1\n"), "nameserver fd00::1\n");
});

t.test("a node sees its own part of the data directory and no keys", async (t) => {
  const paths = dataPaths("/data");
  const { config, pid1 } = nodeContainer({ name: "node-1", cgroup: "drydock-x", paths, programs: ["/repo"] });
  t.equal(pid1, "reaper");
  const mounts = (config.mounts ?? []).map(({ destination }) => destination);
  t.ok(
    mounts.indexOf("/data") < mounts.indexOf("/data/nodes/node-1"),
    "the directory is covered before parts of it are bound in",
  );
  const sources = (config.mounts ?? []).map(({ source }) => source);
  for (const secret of ["/data", "/data/pki", "/data/etcd", "/data/nodes"]) t.notOk(sources.includes(secret), secret);
  t.equal(config.linux?.cgroupsPath, "drydock-x/node-1");
});

t.test("programs that a node needs", async (t) => {
  t.same(programDirectories("/repo/.build/drydock.mjs", "/repo/.tools/node_modules/node/bin/node"), ["/repo"]);
  t.same(programDirectories("/repo/packages/cli/src/main.ts", "/usr/bin/node"), ["/repo"]);
  t.same(programDirectories("/repo/.build/drydock.mjs", "/home/u/.nvm/v24/bin/node"), ["/repo", "/home/u/.nvm/v24"]);
});

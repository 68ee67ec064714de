/** Whoever ends `up`, in whatever way and at whatever moment, leaves nothing half made. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { Drydock, outcomeOf } from "./cli/drydock.ts";
import { leftovers } from "./cli/leftovers.ts";

t.jobs = 1;

/** Gives the kernel and the supervisor in the background the time to clean up. */
async function untilNothingLeft(dataDir: string): Promise<string[]> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const left = leftovers(dataDir);
    if (left.length === 0 || Date.now() > deadline) return left;
    await sleep(50);
  }
}

async function withoutCluster(name: string, test: (drydock: Drydock) => Promise<void>): Promise<void> {
  const drydock = await Drydock.make(name);
  try {
    await test(drydock);
  } finally {
    await drydock.destroy();
  }
}

/** Within the time that a start takes, never quite the same. */
const moments = [150, 600, 1_000].map((ms) => Math.round(ms + Math.random() * 300));

t.test("Ctrl-C on up --detach, before it is ready", async (t) => {
  for (const afterMs of moments) {
    await withoutCluster("sigint", async (drydock) => {
      const up = drydock.spawn(["up", "--nodes", "2", "--detach", "--port", "0"]);
      const ended = outcomeOf(up);
      await sleep(afterMs);
      up.kill("SIGINT");
      const { code, stderr } = await ended;
      if (code === 0) return; // It was ready before the signal came: then it runs, as it should.
      // Before Node handles signals the process just ends by it.
      t.ok([130, 128].includes(code), `after ${afterMs} ms: ended with ${code}: ${stderr}`);
      t.same(await untilNothingLeft(drydock.dataDir), [], `after ${afterMs} ms: nothing is left`);
    });
  }
});

t.test("kill -9 on up --detach, before it is ready", async (t) => {
  for (const afterMs of moments.slice(1)) {
    await withoutCluster("sigkill", async (drydock) => {
      const up = drydock.spawn(["up", "--nodes", "2", "--detach", "--port", "0"]);
      const ended = outcomeOf(up);
      await sleep(afterMs);
      up.kill("SIGKILL");
      if ((await ended).code === 0) return;
      t.same(await untilNothingLeft(drydock.dataDir), [], `after ${afterMs} ms: the supervisor takes all with it`);
    });
  }
});

t.test("Ctrl-C on up in the foreground is down", async (t) => {
  await withoutCluster("foreground", async (drydock) => {
    const up = drydock.spawn(["up", "--port", "0"]);
    const ended = outcomeOf(up);
    await new Promise<void>((resolve) =>
      up.stderr?.on("data", (text: string) => /cluster ready/.test(text) && resolve()),
    );
    t.equal((await drydock.run(["status"])).code, 0);
    up.kill("SIGINT");
    t.equal((await ended).code, 0);
    t.same(leftovers(drydock.dataDir), [], "nothing is left when it has ended");
  });
});

t.test("kill -9 of the supervisor", async (t) => {
  await withoutCluster("supervisor", async (drydock) => {
    await drydock.ok(["up", "--nodes", "2", "--detach", "--port", "0"]);
    const pidOf = async (): Promise<number> =>
      JSON.parse(await readFile(drydock.path("cluster.json"), "utf8")).running.supervisor.pid;
    process.kill(await pidOf(), "SIGKILL");
    const status = await drydock.run(["status"]);
    t.equal(status.code, 4);
    t.match(status.stdout, /abandoned[\s\S]*drydock down removes what it has left/);

    const again = await drydock.run(["up", "--detach"]);
    t.equal(again.code, 0, `up cleans up and starts again: ${again.stderr}`);
    t.equal((await drydock.run(["status"])).code, 0);

    process.kill(await pidOf(), "SIGKILL");
    t.match(await drydock.ok(["down"]), /is down in .* removed .*processes in nodes/);
    t.same(leftovers(drydock.dataDir), [], "down finds all without a supervisor");
  });
});

t.test("two clusters side by side", async (t) => {
  const clusters = await Promise.all(["left", "right"].map((name) => Drydock.make(name)));
  try {
    const ups = await Promise.all(clusters.map((drydock) => drydock.run(["up", "--detach", "--port", "0"])));
    t.same(
      ups.map(({ code, stderr }) => (code === 0 ? 0 : stderr)),
      [0, 0],
      "both start at the same time",
    );
    const networks = await Promise.all(
      clusters.map(async (drydock) => (await drydock.json<{ network: { cidr: string } }>(["status"])).network.cidr),
    );
    t.equal(new Set(networks).size, 2, `in networks of their own: ${networks}`);
    await clusters[0]?.ok(["down"]);
    t.equal((await clusters[1]?.run(["get", "nodes"]))?.code, 0, "one goes, the other stays");
  } finally {
    await Promise.all(clusters.map((drydock) => drydock.destroy()));
  }
  t.same(
    clusters.flatMap(({ dataDir }) => leftovers(dataDir)),
    [],
  );
});

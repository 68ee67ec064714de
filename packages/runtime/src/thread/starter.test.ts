import { execFileSync } from "node:child_process";
import { closeSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { silentLogger } from "@drydock/kit";
import { chooseExecutor, closePipe, nativeExecutor, openPipe, readToEnd } from "@drydock/linux";
import t from "tap";
import { makeTestHost } from "../fixtures/test-host.ts";

t.setTimeout(120_000);

t.test("starts in a thread of their own", async (t) => {
  const lines: string[] = [];
  const logger = {
    ...silentLogger,
    debug: (fields: object, text: string) => lines.push(`${text} ${JSON.stringify(fields)}`),
  };
  const host = makeTestHost(chooseExecutor(), { ownThread: true, logger });
  t.teardown(() => host.dispose());
  const { runtime } = host;

  await t.test("give the same as others, many at once", async (t) => {
    const ids = ["a", "b", "c", "d"];
    const states = await Promise.all(ids.map((id) => runtime.run(host.script(id, `echo ${id}; exit 3`))));
    t.same(
      states.map(({ id }) => id),
      ids,
    );
    for (const id of ids) {
      t.match(await runtime.wait(id), { code: 3 });
      t.equal(host.output(id), `${id}\n`);
      await runtime.delete(id);
    }
    t.ok(
      lines.some((line) => /^container started .*"id":"a"/.test(line)),
      "what is logged is logged here",
    );
  });

  await t.test("hand on descriptors of this process, which stay its own", async (t) => {
    const pipe = openPipe();
    const { stdio: _, ...request } = host.script("pipe", "echo through");
    await runtime.run({ ...request, stdio: { descriptors: [pipe.read, pipe.write, pipe.write] } });
    await runtime.wait("pipe");
    await runtime.delete("pipe");
    const copy = openPipe();
    closePipe(copy);
    t.not(copy.read, pipe.read, "they are still open");
    const text = readToEnd(pipe.read);
    closeSync(pipe.write);
    t.equal((await text).toString(), "through\n");
  });

  await t.test("are created, and started here", async (t) => {
    t.match(await runtime.create(host.script("created", "echo started")), { status: "created" });
    t.match(await runtime.start("created"), { id: "created" });
    await runtime.wait("created");
    t.equal(host.output("created"), "started\n");
    await runtime.delete("created");
  });

  await t.test("fail with the same errors", async (t) => {
    const wrong = host.script("wrong", "true", { process: { cwd: "relative" } });
    await t.rejects(runtime.run(wrong), { code: "RUNTIME_INVALID_CONFIG", details: { path: "process.cwd" } });
    await t.rejects(runtime.run(host.script("none", "", { process: { args: ["nothing-there"] } })), {
      code: "RUNTIME_STEP_FAILED",
      details: { errno: "ENOENT" },
    });
    writeFileSync(join(host.directory, "file"), "");
    const stdout = join(host.directory, "file/below");
    await t.rejects(
      runtime.run(host.script("notdir", "true", { request: { stdio: { stdin: "null", stdout, stderr: "null" } } })),
      { code: "ENOTDIR" },
      "Node's too",
    );
    const circular = { ...host.script("function", "true"), more: () => {} };
    await t.rejects(runtime.run(circular), { name: "DataCloneError" }, "a request that is not plain data");
  });

  t.strictSame(host.leftovers(), [], "nothing is left");
});

t.test("an idle thread keeps no process alive, and ends with it in peace", async (t) => {
  const host = makeTestHost(nativeExecutor);
  t.teardown(() => host.dispose());
  const { id, config } = host.script("once", "true");
  const request = { id, config: { ...config, root: { path: host.rootfs } } };
  const source = `
    import { createRuntime } from ${JSON.stringify(new URL("../index.ts", import.meta.url).href)};
    const runtime = createRuntime({ ...${JSON.stringify({ stateDir: host.stateDir, cgroupRoot: host.cgroupRoot })}, ownThread: true });
    await runtime.run(${JSON.stringify(request)});
    await runtime.wait("once");
    await runtime.delete("once");
    console.log("done");`;
  // Without the test runner's variables: they would load its own handlers.
  t.equal(
    execFileSync("env", ["-i", process.execPath, "--input-type=module", "-e", source], { encoding: "utf8" }),
    "done\n",
  );
  t.strictSame(host.leftovers(), []);
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "@drydock/kit";
import t from "tap";
import { defaultConfig } from "./default-config.ts";
import { readBundle } from "./read-bundle.ts";

const directory = mkdtempSync(join(tmpdir(), "drydock-bundle-"));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));

function write(config: unknown): string {
  writeFileSync(join(directory, "config.json"), typeof config === "string" ? config : JSON.stringify(config));
  return directory;
}

t.test("our own configuration is read back", async (t) => {
  const config = defaultConfig(["echo", "hello"]);
  t.same(readBundle(write(config)), { ...config, root: { path: join(directory, "rootfs") } });
});

t.test("what runc spec writes is read", async (t) => {
  rmSync(join(directory, "config.json"), { force: true });
  await runCommand("runc", ["spec", "--bundle", directory]);
  t.match(readBundle(directory), {
    root: { path: join(directory, "rootfs"), readonly: true },
    process: { args: ["sh"], terminal: true },
  });
});

t.test("paths are relative to the bundle", async (t) => {
  const config = {
    ...defaultConfig(),
    mounts: [
      { destination: "/data", source: "data", options: ["rbind"] },
      { destination: "/tmp", source: "tmpfs", type: "tmpfs" },
    ],
  };
  t.match(readBundle(write(config)).mounts, [{ source: join(directory, "data") }, { source: "tmpfs" }]);
});

t.test("null is as good as nothing", async (t) => {
  const config = defaultConfig();
  t.equal(readBundle(write({ ...config, mounts: null, hooks: null })).mounts, undefined);
});

t.test("what cannot be read is said with its path", async (t) => {
  t.throws(() => readBundle(join(directory, "no")), { code: "RUNTIME_BAD_BUNDLE", hint: /runtime spec/ });
  t.throws(() => readBundle(write("{")), { code: "RUNTIME_BAD_BUNDLE", message: /config\.json is not JSON/ });
  for (const value of ["[]", "5", "{}", '{"root": 3, "mounts": [4]}']) {
    t.throws(() => readBundle(write(value)), { code: "RUNTIME_INVALID_CONFIG" }, value);
  }
  t.throws(() => readBundle(write({ ...defaultConfig(), linux: { intelRdt: { closID: "a" } } })), {
    code: "RUNTIME_INVALID_CONFIG",
    details: { path: "linux.intelRdt" },
  });
});

t.test("a property that nobody knows is ignored and told", async (t) => {
  const config = defaultConfig(["sh"]);
  const strange = { ...config, frobnicate: { a: 1 }, mounts: [{ ...config.mounts?.[0], zzz: true }] };
  const told: string[] = [];
  const read = readBundle(write(strange), (path) => told.push(path));
  t.strictSame(told.sort(), ["frobnicate", "mounts[0].zzz"]);
  t.notOk("frobnicate" in read || JSON.stringify(read).includes("zzz"));
  for (const [name, message] of [
    ["hostnam", /did you mean hostname/],
    ["windows", /for Linux/],
  ] as const) {
    const refused = { code: "RUNTIME_INVALID_CONFIG", details: { path: name }, hint: message };
    t.throws(() => readBundle(write({ ...config, [name]: "a" })), refused, name);
  }
});

import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConfigMap, Secret, Volume } from "@drydock/machinery";
import t from "tap";
import type { SourceObjects } from "../sources/source-objects.ts";
import { makePod } from "../test/pod-values.ts";
import { type VolumeFiles, volumeFiles } from "./volume-files.ts";
import { writeFiles } from "./write-files.ts";

const metadata = { name: "x", namespace: "default" };
const settings: ConfigMap = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata,
  data: { a: "1", b: "2" },
  binaryData: { raw: Buffer.from([0, 255]).toString("base64") },
};
const keys: Secret = { apiVersion: "v1", kind: "Secret", metadata, data: { token: btoa("hidden") } };
const sources: SourceObjects = {
  configMap: (name) => (name === "settings" ? settings : undefined),
  secret: (name) => (name === "keys" ? keys : undefined),
};
const facts = { nodeName: "node-1", hostIP: "10.88.0.11", podIP: "10.88.1.2", cpus: 4, memoryBytes: 2 ** 30 };
const pod = makePod({}, { labels: { app: "web", 'q"': 'a"b' } });

const filesOf = (source: Omit<Volume, "name">): VolumeFiles =>
  volumeFiles({ name: "v", ...source }, pod, facts, sources);
const texts = (files: VolumeFiles): Record<string, string> =>
  Object.fromEntries([...files].map(([path, { content }]) => [path, content.toString("latin1")]));

t.test("what is in a volume", async (t) => {
  t.same(texts(filesOf({ configMap: { name: "settings" } })), { a: "1", b: "2", raw: "\x00\xff" });
  const some = filesOf({ configMap: { name: "settings", items: [{ key: "a", path: "sub/a", mode: 0o600 }] } });
  t.same(texts(some), { "sub/a": "1" });
  t.equal(some.get("sub/a")?.mode, 0o600);
  t.equal(filesOf({ secret: { secretName: "keys", defaultMode: 0o400 } }).get("token")?.mode, 0o400);
  const items = [
    { path: "labels", fieldRef: { fieldPath: "metadata.labels" } },
    { path: "name", fieldRef: { fieldPath: "metadata.name" } },
    { path: "cpu", resourceFieldRef: { containerName: "web", resource: "limits.cpu" } },
  ];
  t.same(texts(filesOf({ downwardAPI: { items } })), { labels: 'app="web"\nq"="a\\"b"', name: "web-1", cpu: "4" });
  const projected = { sources: [{ configMap: { name: "settings" } }, { secret: { name: "keys" } }] };
  t.same(Object.keys(texts(filesOf({ projected }))), ["a", "b", "raw", "token"]);
});

t.test("what is missing is named, unless it is optional", async (t) => {
  const refused = (source: Omit<Volume, "name">, message: string): void => {
    t.throws(() => filesOf(source), { code: "AGENT_BAD_VOLUME", message, hint: String });
  };
  refused({ configMap: { name: "none" } }, 'configmap "none" not found');
  refused({ secret: { secretName: "none" } }, 'secret "none" not found');
  const items = [{ key: "c", path: "c" }];
  refused({ configMap: { name: "settings", items } }, "configmap references non-existent config key: c");
  t.same(texts(filesOf({ configMap: { name: "none", optional: true } })), {});
  t.same(texts(filesOf({ configMap: { name: "settings", items, optional: true } })), {});
});

t.test("files change all at once", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "drydock-volume-"));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const file = (text: string, mode = 0o644) => ({ content: Buffer.from(text), mode });
  t.equal(
    await writeFiles(
      directory,
      new Map([
        ["a", file("1")],
        ["sub/b", file("2", 0o600)],
      ]),
    ),
    true,
  );
  t.equal(await readFile(join(directory, "a"), "utf8"), "1");
  t.equal((await stat(join(directory, "sub/b"))).mode & 0o777, 0o600);
  t.equal(await readlink(join(directory, "sub")), "..data/sub");
  const data = await readlink(join(directory, "..data"));
  t.equal(
    await writeFiles(
      directory,
      new Map([
        ["a", file("1")],
        ["sub/b", file("2", 0o600)],
      ]),
    ),
    false,
    "nothing to do",
  );
  t.equal(await readlink(join(directory, "..data")), data);

  // What an agent leaves behind that is killed in the middle.
  await mkdir(join(directory, "..half"));
  t.equal(
    await writeFiles(
      directory,
      new Map([
        ["a", file("3")],
        ["c", file("4")],
      ]),
    ),
    true,
  );
  t.equal(await readFile(join(directory, "a"), "utf8"), "3");
  t.same((await readdir(directory)).filter((name) => !name.startsWith("..")).sort(), ["a", "c"]);
  t.equal((await readdir(directory)).filter((name) => name.startsWith("..")).length, 2, "the link and one version");
  t.ok((await lstat(join(directory, "..data"))).isSymbolicLink());
});

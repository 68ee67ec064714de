import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { ensureDirectory, pathExists, readTextIfExists, writeFileAtomic } from "./files.ts";

const directory = await mkdtemp(join(tmpdir(), "drydock-kit-"));
t.teardown(() => rm(directory, { recursive: true }));

t.test("readers see the old content or the new, never a part", async (t) => {
  const path = join(directory, "state");
  const contents = ["a", "b"].map((letter) => letter.repeat(200_000));
  await writeFileAtomic(path, contents[0] ?? "");
  let done = false;
  const reading = (async () => {
    while (!done) {
      const text = await readFile(path, "utf8");
      if (!contents.includes(text)) t.fail(`saw ${text.length} bytes beginning with ${text.slice(0, 10)}`);
    }
  })();
  for (let i = 0; i < 20; i++) await writeFileAtomic(path, contents[i % 2] ?? "");
  done = true;
  await reading;
  t.same(await readdir(directory), ["state"], "no temporary file is left");
});

t.test("the mode, and bytes as well as text", async (t) => {
  const path = join(directory, "secret");
  await writeFileAtomic(path, Buffer.from([0, 255]), 0o600);
  t.equal((await stat(path)).mode & 0o777, 0o600);
  t.ok((await readFile(path)).equals(Buffer.from([0, 255])));
});

t.test("a failure leaves the old content and no temporary file", async (t) => {
  const inside = join(directory, "sub");
  await mkdir(join(inside, "taken"), { recursive: true });
  await t.rejects(writeFileAtomic(join(inside, "taken"), "x"), { code: "EISDIR" });
  t.same(await readdir(inside), ["taken"]);
  await t.rejects(writeFileAtomic(join(directory, "missing/file"), "x"), { code: "ENOENT" });
});

t.test("a symbolic link is replaced, not followed", async (t) => {
  const [link, target] = [join(directory, "link"), join(directory, "target")];
  await writeFile(target, "kept");
  await symlink(target, link);
  await writeFileAtomic(link, "new");
  t.equal(await readFile(target, "utf8"), "kept");
  t.ok((await lstat(link)).isFile());
});

t.test("absent is undefined; other troubles are errors", async (t) => {
  await writeFile(join(directory, "text"), "text");
  t.equal(await readTextIfExists(join(directory, "text")), "text");
  t.equal(await readTextIfExists(join(directory, "none")), undefined);
  t.equal(await readTextIfExists(join(directory, "text/below")), undefined);
  await t.rejects(readTextIfExists(directory), { code: "EISDIR" });
  t.ok(await pathExists(directory));
  t.notOk(await pathExists(join(directory, "none")));
  t.notOk(await pathExists(join(directory, "text/below")));
});

t.test("a directory is made with its parents, or the reason why not is told", async (t) => {
  const deep = join(directory, "a/b/c");
  await Promise.all([ensureDirectory(deep), ensureDirectory(deep)]);
  t.ok((await stat(deep)).isDirectory());
  await ensureDirectory(deep);
  await writeFile(join(directory, "file"), "");
  await t.rejects(ensureDirectory(join(directory, "file")), { code: "EEXIST" });
  await t.rejects(ensureDirectory(join(directory, "file/below")), { code: "ENOTDIR" });
  await t.rejects(ensureDirectory("/proc/nosuch/below"), { code: "ENOENT" }, "where nothing can be made, it ends");
});

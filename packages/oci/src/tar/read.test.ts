import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { chunks } from "../testing/chunks.ts";
import { directory, file, rawTar, symlink } from "../testing/raw-tar.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { parseHeader } from "./header.ts";
import { encodePax, parsePax } from "./pax.ts";
import { readTar, type TarEntry } from "./read.ts";

async function entriesOf(tar: Buffer, chunkSize?: number): Promise<(TarEntry & { text: string })[]> {
  const entries = [];
  for await (const entry of readTar(chunks(tar, chunkSize))) {
    let text = "";
    for await (const chunk of entry.content()) text += chunk.toString();
    entries.push({ ...entry, text });
  }
  return entries;
}

t.test("what GNU tar writes, in each of its formats", async (t) => {
  const base = await temporaryDirectory(t);
  const long = "n".repeat(120);
  await mkdir(join(base, "d", long), { recursive: true });
  await writeFile(join(base, "d", long, long), "deep");
  await writeFile(join(base, "d/plain"), "plain content");
  for (const format of ["gnu", "pax", "oldgnu", "posix"]) {
    const tar = execFileSync("tar", [
      `--format=${format}`,
      "--owner=7:3000000",
      "--group=8",
      "-C",
      base,
      "-cf",
      "-",
      "d",
    ]);
    const found = new Map((await entriesOf(tar)).map((entry) => [entry.name, entry]));
    t.match(found.get(`d/${long}/${long}`), { kind: "file", text: "deep", uid: 3_000_000 }, format);
    t.match(found.get("d/plain"), { kind: "file", text: "plain content", size: 13 }, format);
    t.match(found.get("d/"), { kind: "directory" }, format);
  }
  const old = execFileSync("tar", ["--format=v7", "-C", base, "-cf", "-", "d/plain"]);
  t.match(await entriesOf(old), [{ name: "d/plain", text: "plain content" }]);
});

t.test("content that is not read is skipped; chunks may be of any size", async (t) => {
  const tar = rawTar([file("a", Buffer.alloc(2000, "a")), directory("d/"), symlink("s", "a"), file("b", "end")]);
  for (const size of [1, 7, 512, 513, 100_000]) {
    const names: string[] = [];
    for await (const { name } of readTar(chunks(tar, size))) names.push(name);
    t.same(names, ["a", "d/", "s", "b"], String(size));
  }
});

t.test("the end: two blocks of zeros, none, or one alone", async (t) => {
  t.equal((await entriesOf(rawTar([file("a")], false))).length, 1, "none is common");
  t.equal((await entriesOf(Buffer.concat([rawTar([file("a")]), Buffer.alloc(10_240)]))).length, 1);
  const single = Buffer.concat([rawTar([file("a")], false), Buffer.alloc(512), rawTar([file("b")])]);
  await t.rejects(entriesOf(single), { code: "IMAGE_MALFORMED", message: /single block/ });
  t.same(await entriesOf(Buffer.alloc(1024)), []);
  t.same(await entriesOf(Buffer.alloc(0)), []);
});

t.test("archives that are cut off, anywhere", async (t) => {
  const tar = rawTar([file("a", "content", { pax: { path: "long" } })], false);
  for (const length of [100, 600, 1100, 1600, tar.length - 1]) {
    await t.rejects(entriesOf(tar.subarray(0, length)), { code: "IMAGE_MALFORMED" }, String(length));
  }
  await t.rejects(entriesOf(tar.subarray(0, 1024)), { message: /belongs to no entry/ });
});

t.test("sparse files and unknown types are refused by name", async (t) => {
  const sparse = file("holes", "", { pax: { "GNU.sparse.major": "1" } });
  await t.rejects(entriesOf(rawTar([sparse])), { code: "IMAGE_MALFORMED", message: /holes is a sparse file/ });
  await t.rejects(entriesOf(rawTar([{ name: "x", typeflag: "S" }])), { code: "IMAGE_MALFORMED", message: /type "S"/ });
});

t.test("numbers in base 256, and beyond what a number can be", async (t) => {
  const block = rawTar([file("a")], false).subarray(0, 512);
  const withSize = (bytes: number[]) => {
    const header = Buffer.from(block);
    header.fill(0, 124, 136);
    Buffer.from(bytes).copy(header, 136 - bytes.length);
    header[124] = (header[124] as number) | 0x80;
    header.write("        ", 148);
    let sum = 0;
    for (const byte of header) sum += byte;
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    return header;
  };
  t.equal(parseHeader(withSize([2, 0, 0, 0, 0]))?.size, 2 * 2 ** 32);
  t.throws(() => parseHeader(withSize([0x7f, 0, 0, 0, 0, 0, 0, 0])), { message: /beyond 2\^53/ });
});

t.test("pax records: binary values, wrong lengths", async (t) => {
  const records = new Map([
    ["a", "x=y\nz\0\xff"],
    ["b", ""],
    ["c", "v".repeat(93)],
    ["d", "v".repeat(94)],
  ]);
  t.same(parsePax(encodePax(records)), records);
  for (const text of ["3 a=b\n", "99 a=b\n", "x a=b\n", "6 a=b", "6 a=bc", "5 ab\n", "0 a=b\n", "-6 a=b\n"]) {
    t.throws(() => parsePax(Buffer.from(text)), { code: "IMAGE_MALFORMED" }, JSON.stringify(text));
  }
});

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { interpreterListing, interpreterX86_64 } from "./interpreter-x86-64.ts";

const objdump = "/usr/bin/objdump";

t.test("the listing says what the bytes are", { skip: existsSync(objdump) ? false : "no objdump here" }, (t) => {
  const directory = mkdtempSync(join(tmpdir(), "drydock-interpreter-"));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "code");
  writeFileSync(file, interpreterX86_64(0));
  const output = execFileSync(objdump, ["-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", file], {
    encoding: "utf8",
  });
  const disassembled = output.split("\n").flatMap((line) => {
    const [, bytes, instruction] = /^\s+[0-9a-f]+:\t([0-9a-f ]+)\t(.+)$/.exec(line) ?? [];
    return bytes && instruction ? [{ bytes: bytes.trim(), instruction }] : [];
  });
  // Long instructions go on in a line without a mnemonic: compare all bytes as one, and the mnemonics in order.
  const listing = interpreterListing();
  t.equal(interpreterX86_64(0).toString("hex"), listing.map(({ bytes }) => bytes.replaceAll(" ", "")).join(""));
  t.strictSame(
    disassembled.map(({ instruction }) => normal(instruction)),
    listing.map(({ instruction }) => normal(instruction)),
  );
  t.end();
});

t.test("jumps lead where the listing says", (t) => {
  const labels = ["begin", "next", "store", "advance", "child", "error", "tolerated", "fail"];
  const at = labelOffsets();
  t.strictSame([...at.keys()], labels);
  let offset = 0;
  for (const { bytes, instruction } of interpreterListing()) {
    const code = Buffer.from(bytes.replaceAll(" ", ""), "hex");
    const end = offset + code.length;
    const label = /^(?:j\w+) ([a-z]+)$/.exec(instruction)?.[1];
    if (label) {
      const distance = code.length === 2 ? code.readInt8(1) : code.readInt32LE(code.length - 4);
      t.equal(end + distance, at.get(label), `${instruction} at ${offset}`);
    }
    offset = end;
  }
  t.end();
});

t.test("the context's address is patched in", (t) => {
  t.equal(interpreterX86_64(0x10_0000_1000).readBigUInt64LE(2), 0x10_0000_1000n);
  t.ok(interpreterX86_64(0).length < 256, "it fits into a page many times over");
  t.end();
});

/** Registers, sizes and immediates as they are; jump targets left out, spaces and objdump's PTR words too. */
function normal(instruction: string): string {
  return instruction
    .replace(/\b(QWORD|DWORD) PTR /g, "")
    .replace(/^(j\w+)\s.*$/, "$1")
    .replace(/\s+/g, " ")
    .trim();
}

function labelOffsets(): Map<string, number> {
  const result = new Map<string, number>();
  let offset = 0;
  for (const { bytes, label } of interpreterListing()) {
    if (label) result.set(label, offset);
    offset += bytes.split(" ").length;
  }
  return result;
}

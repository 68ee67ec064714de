import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { CheckTools, Ended, LabCheck } from "@drydock/labs";

interface Entry {
  name: string;
  type?: "0" | "1" | "2" | "5";
  mode?: number;
  target?: string;
  content?: string;
}

const file = (name: string, content: string, mode = 0o644): Entry => ({ name, content, mode });
const directory = (name: string, mode = 0o755): Entry => ({ name, type: "5", mode });
const symlink = (name: string, target: string): Entry => ({ name, type: "2", target, mode: 0o777 });
const hardlink = (name: string, target: string): Entry => ({ name, type: "1", target });

/** ustar, by the table in tar(5). */
function tar(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap(({ name, type = "0", mode = 0o644, target = "", content = "" }) => {
    const bytes = Buffer.from(content);
    const header = Buffer.alloc(512);
    const octal = (value: number, at: number, length: number): void =>
      void header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at);
    header.write(name, 0);
    octal(mode, 100, 8);
    octal(0, 108, 8);
    octal(0, 116, 8);
    octal(bytes.length, 124, 12);
    octal(0, 136, 12);
    header.write("        ", 148);
    header.write(type, 156);
    header.write(target, 157);
    header.write("ustar\u000000", 257);
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      148,
      7,
    );
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

interface Layout {
  path: string;
  name: string;
  /** Where the blobs of the layers are. */
  layers: string[];
}

/** An image layout with these layers, base first, and another image before it. `diffIds`: what the configuration claims. */
function layout(t: CheckTools, layers: readonly Entry[][], diffIds?: string[]): Layout {
  const path = `${t.scratch}/${t.word()}`;
  mkdirSync(`${path}/blobs/sha256`, { recursive: true });
  const store = (bytes: Buffer, mediaType: string) => {
    writeFileSync(`${path}/blobs/sha256/${sha256(bytes)}`, bytes);
    return {
      mediaType: `application/vnd.oci.image.${mediaType}`,
      digest: `sha256:${sha256(bytes)}`,
      size: bytes.length,
    };
  };
  const image = (name: string, all: readonly Entry[][], claimed?: string[]) => {
    const tars = all.map(tar);
    // Every second one is compressed, as the media type says.
    const stored = tars.map((bytes, at) =>
      at % 2 ? store(bytes, "layer.v1.tar") : store(gzipSync(bytes), "layer.v1.tar+gzip"),
    );
    const ids = claimed ?? tars.map((bytes) => `sha256:${sha256(bytes)}`);
    const rootfs = { type: "layers", diff_ids: ids };
    const config = store(
      Buffer.from(JSON.stringify({ os: "linux", architecture: "amd64", config: {}, rootfs })),
      "config.v1+json",
    );
    const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, config, layers: stored }));
    return {
      descriptor: {
        ...store(manifest, "manifest.v1+json"),
        annotations: { "org.opencontainers.image.ref.name": name },
      },
      layers: stored.map(({ digest }) => `${path}/blobs/${digest.replace(":", "/")}`),
    };
  };
  const name = t.word();
  const other = image(t.word(), [[file("etc/other", t.word())]]);
  const own = image(name, layers, diffIds);
  writeFileSync(`${path}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
  const index = { schemaVersion: 2, manifests: [other.descriptor, own.descriptor] };
  writeFileSync(`${path}/index.json`, JSON.stringify(index));
  return { path, name, layers: own.layers };
}

async function unpack(t: CheckTools, { path, name }: Layout): Promise<Ended & { target: string }> {
  const target = `${t.scratch}/${t.word()}/rootfs`;
  mkdirSync(join(target, ".."));
  const ended = await t.run("unpack.ts", [path, name, target]);
  return { ...ended, target };
}

async function unpacked(t: CheckTools, image: Layout): Promise<string> {
  const { code, stderr, target } = await unpack(t, image);
  if (code !== 0)
    throw t.wrong(
      `an image in which all is well: unpack.ts ended with ${code}, expected 0: ${(/^\w*Error.*$/m.exec(stderr)?.[0] ?? stderr).slice(0, 200)}`,
    );
  return target;
}

/** Everything below a directory: what it is, its mode and content. */
function tree(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  if (!existsSync(root)) return found;
  for (const name of readdirSync(root, { recursive: true, encoding: "utf8" })) {
    const path = join(root, name);
    const entry = lstatSync(path);
    const mode = (entry.mode & 0o7777).toString(8);
    if (entry.isSymbolicLink()) found[name] = `-> ${readlinkSync(path)}`;
    else found[name] = entry.isDirectory() ? `directory ${mode}` : `${mode} ${readFileSync(path, "utf8")}`;
  }
  return found;
}

function expectTree(t: CheckTools, root: string, expected: Record<string, string>, hint: string): void {
  const seen = tree(root);
  for (const name of new Set([...Object.keys(expected), ...Object.keys(seen)])) {
    if (seen[name] === expected[name]) continue;
    throw t.wrong(
      `/${name} is ${seen[name] ? `"${seen[name]}"` : "not there"}, expected ${expected[name] ? `"${expected[name]}"` : "nothing there"}`,
      hint,
    );
  }
}

export const steps: LabCheck = {
  async layers(t) {
    const [a, b, c] = [t.word(), t.word(), t.word()];
    const deep = `${"d".repeat(60)}/${"e".repeat(38)}`;
    const image = layout(t, [
      [directory("etc/", 0o711), file("etc/name", a), file("bin/run", a, 0o755), file(deep, a)],
      [directory("./etc/", 0o700), file("./etc/name", b, 0o600)],
      [file("bin/su", c, 0o4755)],
    ]);
    expectTree(
      t,
      await unpacked(t, image),
      {
        etc: "directory 700",
        "etc/name": `600 ${b}`,
        bin: "directory 755",
        "bin/run": `755 ${a}`,
        "bin/su": `4755 ${c}`,
        ["d".repeat(60)]: "directory 755",
        [deep]: `644 ${a}`,
      },
      "the image called NAME; base first; a layer may be compressed; modes are those of the archive, whatever the umask",
    );
  },

  async digests(t) {
    const bent = layout(t, [[file("good", t.word())]]);
    const [path = ""] = bent.layers;
    const bytes = readFileSync(path);
    // The time in the header of gzip: the same size, and the same content without compression.
    bytes.writeUInt8(t.number(1, 256), 4);
    writeFileSync(path, bytes);
    const cases = [
      ["a blob was changed, its size not", bent, "sha256 of the blob, before anything is made of it"],
      [
        "the configuration has the diff_id of another layer",
        layout(t, [[file("good", t.word())]], [`sha256:${sha256(Buffer.from(t.word()))}`]),
        "diff_ids are digests of the layers without compression",
      ],
    ] as const;
    for (const [what, image, hint] of cases) {
      const { code, stderr, target } = await unpack(t, image);
      if (code !== 1 || stderr.trim() === "")
        throw t.wrong(
          `${what}: unpack.ts ended with ${code} and said "${stderr.trim().slice(0, 80)}", expected 1 and why`,
          hint,
        );
      const made = Object.keys(tree(target));
      if (made.length > 0)
        throw t.wrong(`${what}: ${made[0]} was unpacked all the same, expected nothing`, "verify all, then begin");
    }
  },

  async whiteouts(t) {
    const [a, b] = [t.word(), t.word()];
    const image = layout(t, [
      [
        file("gone", a),
        file("dir/gone", a),
        file("dir/kept", a),
        file("opaque/old", a),
        file("opaque/deep/old", a),
        file("again", a),
        file("whole/x", a),
      ],
      [
        file("opaque/new", b),
        file("opaque/.wh..wh..opq", ""),
        file("again", b),
        file(".wh.again", ""),
        file(".wh.gone", ""),
        file("dir/.wh.gone", ""),
        file(".wh.whole", ""),
        file(".wh.never-there", ""),
      ],
    ]);
    expectTree(
      t,
      await unpacked(t, image),
      {
        dir: "directory 755",
        "dir/kept": `644 ${a}`,
        opaque: "directory 755",
        "opaque/new": `644 ${b}`,
        again: `644 ${b}`,
      },
      "a whiteout takes away what the layers below have, never what its own layer has, wherever in the archive it stands",
    );
  },

  async links(t) {
    const [a, b] = [t.word(), t.word()];
    const image = layout(t, [
      [
        file("bin/one", a, 0o755),
        hardlink("bin/two", "bin/one"),
        symlink("sh", "/bin/one"),
        symlink("bin/dangling", "../none"),
      ],
      [file("bin/one", b, 0o755), hardlink("three", "bin/two")],
    ]);
    const root = await unpacked(t, image);
    expectTree(
      t,
      root,
      {
        bin: "directory 755",
        "bin/one": `755 ${b}`,
        "bin/two": `755 ${a}`,
        "bin/dangling": "-> ../none",
        sh: "-> /bin/one",
        three: `755 ${a}`,
      },
      "a link is made as it is written. A file that replaces another is a new file: its other names keep the old one",
    );
    if (statSync(`${root}/three`).ino !== statSync(`${root}/bin/two`).ino)
      throw t.wrong("/three and /bin/two are two files, expected one with two names", "linkSync");
  },

  async escape(t) {
    const victim = `${t.scratch}/${t.word()}`;
    const secret = t.word();
    mkdirSync(victim);
    writeFileSync(`${victim}/kept`, secret);
    chmodSync(victim, 0o755);
    const name = victim.split("/").at(-1) ?? "";
    const attacks: Record<string, Entry[][]> = {
      'a name with ".."': [[file(`../../${name}/new`, "x")]],
      "a file below a symlink to the outside": [[symlink("out", victim), file("out/new", "x")]],
      "the same, the symlink in the layer below": [[symlink("out", victim)], [file("out/new", "x")]],
      "a file in place of a symlink": [[symlink("x", `${victim}/kept`), file("x", "overwritten")]],
      "a directory in place of a symlink": [[symlink("d", victim), directory("d/", 0o777)]],
      "a whiteout below a symlink": [[symlink("out", victim)], [file("out/.wh.kept", "")]],
      'a whiteout of ".."': [[directory("a/")], [file("a/.wh...", "")]],
      "a hard link to a file of the host": [[hardlink("stolen", `${victim}/kept`)]],
      "a hard link through a symlink": [[symlink("out", victim), hardlink("stolen", "out/kept")]],
    };
    for (const [what, layers] of Object.entries(attacks)) {
      const { target } = await unpack(t, layout(t, layers));
      const seen = JSON.stringify([(statSync(victim).mode & 0o7777).toString(8), tree(victim)]);
      const expected = JSON.stringify(["755", { kept: `644 ${secret}` }]);
      if (seen !== expected)
        throw t.wrong(
          `${what}: a directory outside is ${seen} now, expected ${expected}`,
          "refuse it, or stay inside: never hand the kernel a path of which a part may be a link of the image's",
        );
      const stolen = join(target, "stolen");
      if (existsSync(stolen) && readFileSync(stolen, "utf8").includes(secret))
        throw t.wrong(
          `${what}: the image has a file of the host now, expected no way to it`,
          "the target of a hard link is a path of the image, too",
        );
    }
  },
};

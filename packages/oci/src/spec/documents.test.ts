import t from "tap";
import { digestOf } from "../digest.ts";
import { parseConfig } from "./config.ts";
import { parseManifest } from "./manifest.ts";
import { mediaType } from "./media-types.ts";

const digest = digestOf("x");
const config = { mediaType: mediaType.ociConfig, digest, size: 1 };
const layer = { mediaType: mediaType.ociLayerGzip, digest, size: 2 };
const manifest = { schemaVersion: 2, config, layers: [layer] };
const parse = (document: unknown) => parseManifest("manifest m", JSON.stringify(document));

t.test("manifests and indexes, OCI and docker", async (t) => {
  t.same(parse(manifest), { kind: "manifest", config, layers: [layer] });
  const docker = {
    schemaVersion: 2,
    mediaType: mediaType.dockerManifest,
    config: { ...config, mediaType: mediaType.dockerConfig },
    layers: [{ ...layer, mediaType: mediaType.dockerLayerGzip, urls: ["ignored"] }],
  };
  t.match(parse(docker), { kind: "manifest", layers: [{ mediaType: mediaType.dockerLayerGzip }] });
  t.match(parse({ ...manifest, layers: null }), { layers: [] }, "Go writes null for an empty list");
  const platform = { os: "linux", architecture: "arm64", variant: "v8", "os.version": "ignored" };
  t.match(parse({ schemaVersion: 2, mediaType: mediaType.dockerIndex, manifests: [{ ...config, platform }] }), {
    kind: "index",
    manifests: [{ digest, platform: { os: "linux", architecture: "arm64", variant: "v8" } }],
  });
});

const bad: [string, unknown, RegExp][] = [
  ["a list", [], /document is a list/],
  ["schema 1", { schemaVersion: 1, fsLayers: [] }, /schema 1/],
  ["no version", { config, layers: [] }, /schemaVersion/],
  ["both at once", { ...manifest, manifests: [] }, /manifest and of an index/],
  [
    "an index that calls itself a manifest",
    { schemaVersion: 2, mediaType: mediaType.ociManifest, manifests: [] },
    /does not fit/,
  ],
  ["a manifest that calls itself an index", { ...manifest, mediaType: mediaType.ociIndex }, /does not fit/],
  ["no config", { schemaVersion: 2, layers: [] }, /config is missing/],
  [
    "an artifact",
    { ...manifest, config: { ...config, mediaType: "application/vnd.cncf.helm.config.v1+json" } },
    /not a container image/,
  ],
  [
    "a layer that is none",
    { ...manifest, layers: [{ ...layer, mediaType: "text/plain" }] },
    /layers\[0\].*not a layer/,
  ],
  [
    "a digest with a path",
    { ...manifest, layers: [{ ...layer, digest: "sha256:../../etc/passwd" }] },
    /layers\[0\]\.digest/,
  ],
  ["an unknown algorithm", { ...manifest, config: { ...config, digest: `md5:${"a".repeat(32)}` } }, /config\.digest/],
  ["a negative size", { ...manifest, config: { ...config, size: -1 } }, /config\.size/],
  ["a size that is text", { ...manifest, config: { ...config, size: "1" } }, /config\.size/],
  ["too many layers", { ...manifest, layers: Array.from({ length: 501 }, () => layer) }, /501 layers/],
];

t.test("what is refused, by name", async (t) => {
  for (const [what, document, message] of bad) {
    t.throws(() => parse(document), { code: "IMAGE_MALFORMED", message, hint: String }, what);
  }
  t.throws(() => parseManifest("manifest m", "<html>"), {
    code: "IMAGE_MALFORMED",
    message: /manifest m: is not JSON/,
  });
});

t.test("configs", async (t) => {
  const whole = {
    os: "linux",
    architecture: "amd64",
    created: "2024-01-01T00:00:00Z",
    config: { Cmd: ["sh"], Env: null, User: "", Volumes: { "/data": {} }, Labels: { a: "b" }, ArgsEscaped: true },
    rootfs: { type: "layers", diff_ids: [digest] },
  };
  t.same(parseConfig("config c", JSON.stringify(whole)), {
    os: "linux",
    architecture: "amd64",
    createdAt: "2024-01-01T00:00:00Z",
    config: { Cmd: ["sh"], Volumes: { "/data": {} }, Labels: { a: "b" } },
    diffIds: [digest],
  });
  const broken = (change: object) => () => parseConfig("config c", JSON.stringify({ ...whole, ...change }));
  t.throws(broken({ os: 1 }), { message: /os is a number, not a string/ });
  t.throws(broken({ rootfs: undefined }), { message: /rootfs is missing/ });
  t.throws(broken({ rootfs: { diff_ids: ["x"] } }), { message: /diff_ids\[0\]/ });
  t.throws(broken({ config: { Cmd: "sh" } }), { message: /config\.Cmd is a string, not a list/ });
  t.throws(broken({ config: { Env: [1] } }), { message: /config\.Env\[0\]/ });
});

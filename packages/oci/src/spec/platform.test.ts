import t from "tap";
import { digestOf } from "../digest.ts";
import type { Descriptor } from "../types.ts";
import { choosePlatform, hostPlatform, platformScore, platformText } from "./platform.ts";

const at = (text: string): Descriptor => {
  const [os = "", architecture = "", variant] = text.split("/");
  const platform = { os, architecture, ...(variant === undefined ? {} : { variant }) };
  return { mediaType: "", digest: digestOf(text), size: 1, platform };
};
const choose = (architecture: NodeJS.Architecture, offers: string[]) => {
  const { platform } = choosePlatform("index", offers.map(at), hostPlatform(architecture));
  return platform && platformText(platform);
};

t.test("the best of an index", async (t) => {
  t.equal(choose("x64", ["linux/arm64", "windows/amd64", "linux/amd64"]), "linux/amd64");
  t.equal(choose("arm64", ["linux/amd64", "linux/arm64"]), "linux/arm64");
  t.equal(choose("arm64", ["linux/arm64/v8"]), "linux/arm64/v8");
  t.equal(choose("arm", ["linux/arm/v5", "linux/arm/v7", "linux/arm/v6"]), "linux/arm/v7");
  t.equal(choose("arm", ["linux/arm/v6", "linux/arm/v8"]), "linux/arm/v6");
  t.equal(choose("x64", ["linux/amd64/v3", "linux/amd64"]), "linux/amd64", "no promise of newer instructions");
});

t.test("an index that has nothing for us names what it has, without attestations", async (t) => {
  t.throws(() => choose("x64", ["linux/arm64", "unknown/unknown"]), {
    code: "IMAGE_PLATFORM",
    message: "index is for linux/arm64, this machine is linux/amd64",
    details: { offered: ["linux/arm64"] },
  });
  t.throws(() => choosePlatform("index", [], hostPlatform("x64")), { code: "IMAGE_PLATFORM", message: /no platform/ });
});

t.test("a single image without a platform is tried", async (t) => {
  const only = { mediaType: "", digest: digestOf("only"), size: 1 };
  t.equal(choosePlatform("index", [only], hostPlatform("x64")), only);
  t.throws(() => choosePlatform("index", [only, only], hostPlatform("x64")), { code: "IMAGE_PLATFORM" });
});

t.test("scores", async (t) => {
  const host = hostPlatform("arm64");
  t.equal(platformScore(host, { os: "linux", architecture: "amd64" }), 0);
  t.equal(platformScore(host, { os: "linux", architecture: "arm64", variant: "v9" }), 0);
  t.equal(hostPlatform("mips").architecture, "mips", "an unknown one keeps its name");
});

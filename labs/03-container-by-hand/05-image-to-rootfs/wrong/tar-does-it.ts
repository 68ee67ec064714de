// fails at digests: a blob was changed
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";

const [layout, name, target = ""] = process.argv.slice(2);
const read = (digest: string): { layers: { digest: string }[] } =>
  JSON.parse(readFileSync(`${layout}/blobs/${digest.replace(":", "/")}`, "utf8"));
const index: { manifests: { digest: string; annotations: Record<string, string> }[] } = JSON.parse(
  readFileSync(`${layout}/index.json`, "utf8"),
);
const image = index.manifests.find(({ annotations }) => Object.values(annotations).includes(name ?? ""));
mkdirSync(target);
for (const { digest } of read(image?.digest ?? "").layers) {
  execFileSync("tar", ["-xpf", `${layout}/blobs/${digest.replace(":", "/")}`, "-C", target]);
}

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "@drydock/kit";
import t from "tap";
import { buildImage } from "../build/build-image.ts";
import { digestOf } from "../digest.ts";
import { openImageStore } from "../store/open-image-store.ts";
import { selfSignedCertificate } from "../testing/certificates.ts";
import { annasPassword, startDockerRegistry } from "../testing/docker-registry.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { startTokenServer } from "../testing/token-server.ts";
import type { PullProgress } from "../types.ts";

if (process.getuid?.() !== 0) {
  t.plan(0, "unpacking sets owners and makes device nodes: needs root");
  process.exit(0);
}

const user = annasPassword;

/** An image with two layers, pushed by skopeo as `repository:tag`. */
async function push(directory: string, host: string, repository: string, args: string[] = []): Promise<string> {
  const output = join(directory, "image.tar");
  const built = await buildImage({
    layers: [
      { files: [{ path: "base", content: "base" }] },
      { files: [{ path: "etc/motd", content: Buffer.alloc(200_000, repository) }] },
    ],
    config: { Cmd: ["/bin/true"] },
    name: "image",
    output,
  });
  const common = ["copy", "--quiet", "--preserve-digests"];
  await runCommand("skopeo", [...common, ...args, `oci-archive:${output}`, `docker://${host}/${repository}`]);
  return built.digest;
}

const plain = ["--dest-tls-verify=false"];

t.test("from a registry without login: by tag, by digest, again, and what it does not have", async (t) => {
  const directory = await temporaryDirectory(t);
  const { host } = await startDockerRegistry(t, { directory: join(directory, "registry") });
  const digest = await push(directory, host, "team/app:1", plain);
  const store = await openImageStore({ directory: join(directory, "store") });

  const progress: PullProgress[] = [];
  const image = await store.pull(`${host}/team/app:1`, { onProgress: (event) => progress.push(event) });
  t.match(image, { names: [`${host}/team/app:1`], digest, config: { Cmd: ["/bin/true"] } });
  const [top = ""] = await store.layers(image);
  t.equal((await readFile(join(top, "etc/motd"))).length, 200_000);
  const states = (state: string) =>
    new Set(progress.filter((event) => event.state === state).map((event) => event.digest));
  for (const state of ["waiting", "downloading", "unpacking", "done"]) t.equal(states(state).size, 2, state);
  for (const { done, total } of progress) t.ok(done <= total);

  const byDigest = await store.pull(`${host}/team/app@${digest}`);
  t.same(byDigest.names, [`${host}/team/app:1`, `${host}/team/app@${digest}`]);

  const again: PullProgress[] = [];
  await store.pull(`${host}/team/app:1`, { onProgress: (event) => again.push(event) });
  t.equal(again.filter(({ state }) => state === "downloading").length, 0, "nothing is fetched twice");

  await t.rejects(store.pull(`${host}/team/app:2`), { code: "IMAGE_UNKNOWN", message: /team\/app:2/, hint: String });
  await t.rejects(store.pull(`${host}/nobody/nothing`), { code: "IMAGE_UNKNOWN" });
  await t.rejects(store.pull(`${host}/team/app@${digestOf("no such")}`), { code: "IMAGE_UNKNOWN" });
  t.same(await readdir(join(directory, "store/tmp")), [], "nothing is left half-made");
});

t.test("blobs that were changed in the registry are refused, and not kept", async (t) => {
  const directory = await temporaryDirectory(t);
  const { host } = await startDockerRegistry(t, { directory: join(directory, "registry") });
  await push(directory, host, "app:1", plain);
  const blobs = join(directory, "registry/data/docker/registry/v2/blobs/sha256");
  let changed = 0;
  for (const file of await readdir(blobs, { recursive: true })) {
    if (!file.endsWith("/data")) continue;
    const content = await readFile(join(blobs, file));
    if (content.length < 100_000) continue;
    content[1000] = 0xff;
    await writeFile(join(blobs, file), content);
    changed++;
  }
  t.equal(changed, 1);
  const store = await openImageStore({ directory: join(directory, "store") });
  await t.rejects(store.pull(`${host}/app:1`), { code: "IMAGE_DIGEST_MISMATCH" });
  t.same(await store.list(), []);
  t.same(await readdir(join(directory, "store/tmp")), []);
});

t.test("HTTP Basic", async (t) => {
  const directory = await temporaryDirectory(t);
  const { host } = await startDockerRegistry(t, { directory: join(directory, "registry"), htpasswd: true });
  const digest = await push(directory, host, "app:1", [...plain, "--dest-creds", `${user.username}:${user.password}`]);
  const store = await openImageStore({ directory: join(directory, "store") });
  t.match(await store.pull(`${host}/app:1`, { credentials: user }), { digest });
  await t.rejects(store.pull(`${host}/app:1`), { code: "IMAGE_UNAUTHORIZED", message: /wants a user name/ });
  await t.rejects(store.pull(`${host}/app:1`, { credentials: { ...user, password: "wrong" } }), {
    code: "IMAGE_UNAUTHORIZED",
    message: /password of anna/,
  });
});

t.test("Bearer tokens, anonymous and for a user", async (t) => {
  const directory = await temporaryDirectory(t);
  const certificate = await selfSignedCertificate(directory, "tokens");
  const tokens = await startTokenServer(t, certificate, user);
  const token = { ...tokens, certificatePath: certificate.certificatePath };
  const { host } = await startDockerRegistry(t, { directory: join(directory, "registry"), token });
  const creds = [...plain, "--dest-creds", `${user.username}:${user.password}`];
  const digest = await push(directory, host, "public/app:1", creds);
  await push(directory, host, "private/app:1", creds);
  const store = await openImageStore({ directory: join(directory, "store") });
  tokens.requests.length = 0;

  t.match(await store.pull(`${host}/public/app:1`), { digest });
  t.same(
    tokens.requests,
    [{ scopes: ["repository:public/app:pull"], authorization: undefined }],
    "one token for all requests",
  );
  await t.rejects(store.pull(`${host}/private/app:1`), { code: "IMAGE_UNAUTHORIZED" });
  t.match(await store.pull(`${host}/private/app:1`, { credentials: user }), { os: "linux" });
  await t.rejects(store.pull(`${host}/private/app:1`, { credentials: { ...user, password: "wrong" } }), {
    code: "IMAGE_UNAUTHORIZED",
    message: /wrong password/,
  });
});

t.test("TLS by a private CA", async (t) => {
  const directory = await temporaryDirectory(t);
  const { certificate, ...paths } = await selfSignedCertificate(directory, "registry");
  const tls = { ...paths, ca: certificate };
  const { host } = await startDockerRegistry(t, { directory: join(directory, "registry"), tls });
  const certificates = join(directory, "certs");
  await mkdir(certificates);
  await writeFile(join(certificates, "ca.crt"), certificate);
  const digest = await push(directory, host, "app:1", ["--dest-cert-dir", certificates]);
  const store = await openImageStore({ directory: join(directory, "store") });
  t.match(await store.pull(`${host}/app:1`, { ca: certificate }), { digest });
  const other = await selfSignedCertificate(directory, "other");
  await t.rejects(store.pull(`${host}/app:1`, { ca: other.certificate }), {
    code: "IMAGE_REGISTRY_UNREACHABLE",
    hint: /certificate of the CA/,
  });
});

t.test("an index: the manifest for this machine, or none", async (t) => {
  const directory = await temporaryDirectory(t);
  const { host } = await startDockerRegistry(t, { directory: join(directory, "registry") });
  const build = (architecture: string) =>
    buildImage({
      layers: [{ files: [{ path: "architecture", content: architecture }] }],
      config: {},
      name: "app",
      output: join(directory, `${architecture}.tar`),
      platform: { os: "linux", architecture },
    });
  const here = process.arch === "x64" ? "amd64" : process.arch;
  const built = await Promise.all([build("mips64le"), build(here)]);
  const descriptors = [];
  for (const [i, architecture] of ["mips64le", here].entries()) {
    const target = `docker://${host}/app:${architecture}`;
    const source = `oci-archive:${join(directory, `${architecture}.tar`)}`;
    await runCommand("skopeo", ["copy", "--quiet", "--preserve-digests", ...plain, source, target]);
    const { digest } = built[i] as { digest: string };
    const manifest = await fetch(`http://${host}/v2/app/manifests/${digest}`, {
      headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
    });
    const size = (await manifest.arrayBuffer()).byteLength;
    descriptors.push({
      mediaType: manifest.headers.get("content-type"),
      digest,
      size,
      platform: { os: "linux", architecture },
    });
  }
  const type = "application/vnd.oci.image.index.v1+json";
  const put = async (tag: string, manifests: unknown[]) => {
    const body = JSON.stringify({ schemaVersion: 2, mediaType: type, manifests });
    const answer = await fetch(`http://${host}/v2/app/manifests/${tag}`, {
      method: "PUT",
      headers: { "content-type": type },
      body,
    });
    t.equal(answer.status, 201);
    return digestOf(body);
  };
  const index = await put("all", descriptors);
  await put("foreign", descriptors.slice(0, 1));
  const store = await openImageStore({ directory: join(directory, "store") });
  t.match(await store.pull(`${host}/app:all`), { digest: built[1]?.digest, architecture: here });
  t.match(await store.pull(`${host}/app@${index}`), { digest: built[1]?.digest });
  await t.rejects(store.pull(`${host}/app:foreign`), { code: "IMAGE_PLATFORM", message: /linux\/mips64le/ });
  await t.rejects(store.pull(`${host}/app:mips64le`), { code: "IMAGE_PLATFORM", message: /linux\/mips64le/ });
});

t.test("a registry that is not there", async (t) => {
  const directory = await temporaryDirectory(t);
  const { host, stop } = await startDockerRegistry(t, { directory: join(directory, "registry") });
  await stop();
  const store = await openImageStore({ directory: join(directory, "store") });
  await t.rejects(store.pull(`${host}/app:1`), {
    code: "IMAGE_REGISTRY_UNREACHABLE",
    message: new RegExp(host),
    hint: /runs/,
  });
});

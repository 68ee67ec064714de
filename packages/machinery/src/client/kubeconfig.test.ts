import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { loadKubeconfig } from "./kubeconfig.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const config = (user: string, cluster = `certificate-authority-data: ${base64("CA")}`): string => `
apiVersion: v1
kind: Config
current-context: here
clusters:
- name: c
  cluster: { server: "https://127.0.0.1:6443/", ${cluster} }
contexts:
- name: here
  context: { cluster: c, user: u, namespace: lab }
- name: nowhere
  context: { cluster: missing, user: u }
users:
- name: u
  user: { ${user} }
`;

t.test("reads what is embedded", async (t) => {
  t.same(
    await loadKubeconfig(config(`client-certificate-data: ${base64("CERT")}, client-key-data: ${base64("KEY")}`)),
    {
      server: "https://127.0.0.1:6443",
      ca: "CA",
      cert: "CERT",
      key: "KEY",
      namespace: "lab",
    },
  );
  t.match(await loadKubeconfig(config("token: secret")), { token: "secret" });
});

t.test("reads files beside the kubeconfig", async (t) => {
  const directory = await mkdtemp("/tmp/drydock-kubeconfig-");
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  for (const name of ["ca", "cert", "key"]) await writeFile(join(directory, name), name.toUpperCase());
  await writeFile(join(directory, "token"), "secret\n");
  const path = join(directory, "config");
  await writeFile(
    path,
    config("client-certificate: cert, client-key: key, tokenFile: token", "certificate-authority: ca"),
  );
  t.match(await loadKubeconfig(path), { ca: "CA", cert: "CERT", key: "KEY", token: "secret" });
});

t.test("says what is wrong, and refuses what it cannot do", async (t) => {
  const invalid = (message: RegExp) => ({ code: "CLIENT_CONFIG_INVALID", message });
  await t.rejects(
    loadKubeconfig("/tmp/no-such-kubeconfig"),
    invalid(/^kubeconfig \/tmp\/no-such-kubeconfig cannot be read: ENOENT$/),
  );
  await t.rejects(loadKubeconfig("a: [\n"), invalid(/is not YAML$/));
  await t.rejects(loadKubeconfig("\n"), invalid(/is empty$/));
  await t.rejects(loadKubeconfig(config(""), "elsewhere"), invalid(/there is no context "elsewhere"$/));
  await t.rejects(loadKubeconfig(config(""), "nowhere"), invalid(/cluster "missing" has no server$/));
  const unsupported = (message: RegExp) => ({ code: "CLIENT_CONFIG_UNSUPPORTED", message });
  await t.rejects(
    loadKubeconfig(config("exec: { command: aws }")),
    unsupported(/user uses exec, which is not supported$/),
  );
  await t.rejects(
    loadKubeconfig(config("", "insecure-skip-tls-verify: true")),
    unsupported(/insecure-skip-tls-verify/),
  );
});

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kubeconfigFor } from "@drydock/control-plane";
import t from "tap";
import { isOwnKubeconfig, requireOwnKubeconfig } from "./own-kubeconfig.ts";
import { purge } from "./purge.ts";

const written = kubeconfigFor({
  server: "https://127.0.0.1:6443",
  ca: "ca",
  cert: "cert",
  key: "key",
  clusterName: "drydock-1",
  user: "drydock-admin",
});
const others = {
  "a kubeconfig of other clusters": written.replaceAll("drydock-admin", "me@production"),
  "ours merged with another": written.replace("users:\n", "users:\n- {name: production, user: {}}\n"),
  "no kubeconfig": "a file that matters\n",
  "broken YAML": "users: [",
};

t.test("what up may overwrite", async (t) => {
  const path = join(t.testdir(), "kubeconfig");
  t.equal(await isOwnKubeconfig(path), true, "no file");
  writeFileSync(path, written);
  t.equal(await isOwnKubeconfig(path), true, "what it has written itself");
  for (const [what, text] of Object.entries(others)) {
    writeFileSync(path, text);
    await t.rejects(requireOwnKubeconfig(path), { code: "CLUSTER_DATA_DIR" }, what);
  }
});

t.test("what purge deletes", async (t) => {
  const directory = t.testdir();
  const path = join(directory, "config");
  for (const [what, text] of Object.entries(others)) {
    writeFileSync(path, text);
    await purge(join(directory, "data"), path);
    t.equal(existsSync(path), true, `not ${what}`);
  }
  writeFileSync(path, written);
  await purge(join(directory, "data"), path);
  t.equal(existsSync(path), false, "the one that up has written");
});

import { rm, rmdir } from "node:fs/promises";
import { errnoOf } from "@drydock/kit";
import { isOwnKubeconfig } from "./own-kubeconfig.ts";
import { dataPaths } from "./paths.ts";

/** Deletes what a cluster keeps in its data directory, and the directory when nothing else is in it. Files of others stay. */
export async function purge(dataDir: string, kubeconfig: string): Promise<void> {
  const { root, ...own } = dataPaths(dataDir);
  const files = [...Object.values(own), ...((await isOwnKubeconfig(kubeconfig)) ? [kubeconfig] : [])];
  await Promise.all(files.map((path) => rm(path, { recursive: true, force: true })));
  try {
    await rmdir(root);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST", "ENOENT"].includes(errnoOf(error) ?? "")) throw error;
  }
}

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { remark } from "../output/print.ts";
import { progressOf } from "./progress.ts";
import { type PlaygroundSettings, playgroundKubeconfig } from "./settings.ts";
import { vagrantLines } from "./vagrant.ts";

/** Removes all machines with their disks, and the authority and kubeconfig of this playground: the next one is another cluster. */
export async function down(settings: PlaygroundSettings): Promise<void> {
  await vagrantLines(settings, ["destroy", "--force"], (line) => {
    const progress = progressOf(line);
    if (progress) remark(`${progress.machine} ${progress.text}`);
  });
  await rm(playgroundKubeconfig(settings), { force: true });
  await rm(join(settings.directory, ".vagrant", "drydock"), { recursive: true, force: true });
}

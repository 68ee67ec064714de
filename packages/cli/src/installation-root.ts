import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of this checkout: the nearest one above this file (or the bundle made of it) that has the workspace's definition. */
export function installationRoot(): string {
  for (let directory = import.meta.dirname; ; directory = dirname(directory)) {
    if (existsSync(join(directory, "pnpm-workspace.yaml"))) return directory;
    if (directory === dirname(directory)) throw new Error(`no checkout of Drydock above ${import.meta.dirname}`);
  }
}

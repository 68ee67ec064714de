import { dirname, resolve } from "node:path";

/**
 * Directories that a node needs to run this same program: the repository, and Node's own when it is not where every machine has its programs.
 * Pure.
 */
export function programDirectories(mainFile: string, nodeFile: string): string[] {
  // packages/cli/src/main.ts, or .build/drydock.mjs
  const repository = mainFile.endsWith(".ts")
    ? resolve(dirname(mainFile), "../../..")
    : resolve(dirname(mainFile), "..");
  const node = resolve(dirname(nodeFile), "..");
  const known = [repository, "/usr"].some((directory) => `${node}/`.startsWith(`${directory}/`));
  return known ? [repository] : [repository, node];
}

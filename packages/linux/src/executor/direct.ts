import { fileURLToPath } from "node:url";
import { firstInherited } from "../ffi/spawn.ts";
import type { Executor } from "./executor.ts";
import { launchImage } from "./launch.ts";

/**
 * Flags with which Node survives a raw fork: the child has only the thread that called it, so V8 may have no helper
 * threads that the child would wait for in vain.
 */
const nodeFlags = ["--single-threaded", "--v8-pool-size=0", "--no-warnings", "--experimental-strip-types"];
const main = fileURLToPath(new URL("./direct-main.ts", import.meta.url));

/**
 * The same image, interpreted by a Node process that makes each call through ffi-rs. Works on every architecture with a
 * table of numbers, and is the one to step through; a container takes about 100 ms more to start, and its parent is
 * that Node process (30 MB) for as long as it runs.
 */
export const directExecutor: Executor = {
  name: "direct",
  launch: (program, options = {}) =>
    launchImage(program, options, (_imageFd, title) => ({
      path: process.execPath,
      argv: [title, ...nodeFlags, main, String(firstInherited + 1 + Object.keys(options.inherit ?? {}).length)],
      keepImage: true,
    })),
};

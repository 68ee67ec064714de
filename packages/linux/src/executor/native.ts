import type { Executor } from "./executor.ts";
import { launchImage } from "./launch.ts";

/**
 * The program becomes an executable of a few KB whose code is the interpreter. It has its own memory from the start, so
 * nothing of the caller (a Node process with keys and tokens) can be read through a process that is inside a container,
 * and it needs no Node to wait for a container: its resident memory is some 20 KB.
 */
export const nativeExecutor: Executor = {
  name: "native",
  launch: (program, options = {}) =>
    launchImage(program, options, (imageFd, title) => ({
      path: `/proc/self/fd/${imageFd}`,
      image: imageFd,
      argv: [title],
      keepImage: false,
    })),
};

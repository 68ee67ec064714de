import type { Executor } from "./executor.ts";
import { inBackground, inForeground, type LaunchWay, launchImage } from "./launch.ts";

/**
 * The program becomes an executable of a few KB whose code is the interpreter. It has its own memory from the start, so
 * nothing of the caller (a Node process with keys and tokens) can be read through a process that is inside a container,
 * and it needs no Node to wait for a container: its resident memory is some 20 KB.
 */
export const nativeExecutor: Executor = native(inBackground);

/** The same for a command, which has nothing to do but wait: what Node would have to load to wait for events takes longer than a launch. */
export const foregroundExecutor: Executor = native(inForeground);

function native(way: LaunchWay): Executor {
  return {
    name: "native",
    launch: (program, options = {}) =>
      launchImage(
        program,
        options,
        (imageFd, title) => ({
          path: `/proc/self/fd/${imageFd}`,
          image: imageFd,
          argv: [title],
          keepImage: false,
        }),
        way,
      ),
  };
}

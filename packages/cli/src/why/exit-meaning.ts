import { constants } from "node:os";

const signals = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** What an exit code most often means, in words; undefined when only the program knows. */
export function exitMeaning(code: number): string | undefined {
  if (code === 0) return "it ended by itself, and said that all went well";
  if (code === 126) return "the command was found and could not be run (not executable?)";
  if (code === 127) return "the command was not found in the image";
  if (code === 137) return "it was killed (SIGKILL): by the grace period's end, by hand, or by the kernel for memory";
  if (code === 139) return "it crashed (SIGSEGV)";
  if (code === 143) return "it was told to stop (SIGTERM) and did";
  const signal = code > 128 ? signals.get(code - 128) : undefined;
  return signal ? `it was ended by ${signal}` : undefined;
}

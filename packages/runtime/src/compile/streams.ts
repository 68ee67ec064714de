import { inherited, named, openFlags, resultOf, type Step, ttyRequests } from "@drydock/linux";
import type { CompileInput, StreamSource } from "./compile-input.ts";
import { atCwd } from "./steps.ts";

/** Opens the host's files for the standard streams while the host's root is still there, and makes them 0, 1 and 2. */
export function streamSteps({ streams, config }: CompileInput): Step[] {
  if (typeof streams === "string") return [];
  const all = [
    { ...streams.stdin, fd: 0, name: "stdin" },
    { ...streams.stdout, fd: 1, name: "stdout" },
    { ...streams.stderr, fd: 2, name: "stderr" },
  ];
  // The main program has put /dev/null on all three.
  const opened = all
    .filter(({ kind }) => kind !== "null")
    .flatMap((stream): Step[] => [
      {
        name: "openat",
        args: [atCwd, stream.path, openMode(stream, stream.fd === 0), named("0640", 0o640)],
        why: `the container's ${stream.name}`,
        result: "stream",
      },
      { name: "dup3", args: [resultOf("stream"), stream.fd, 0], why: `as descriptor ${stream.fd}` },
    ]);
  if (!config.process.terminal) return opened;
  return [
    ...opened,
    {
      name: "ioctl",
      args: [0, named("TIOCSCTTY", ttyRequests.TIOCSCTTY), 0],
      why: "process.terminal: ^C and hang-ups reach the session of this process",
    },
  ];
}

const inheritedStreams = ["stdin", "stdout", "stderr"] as const;

/** The caller's own streams, in the container before anything closes the descriptors that it inherited. */
export function inheritStreams({ streams }: CompileInput): Step[] {
  if (streams !== "inherit") return [];
  return inheritedStreams.map((name, fd) => ({
    name: "dup3",
    args: [inherited(name), fd, 0],
    why: `the caller's ${name}`,
  }));
}

/** In the container's parent: held open there, a pipe of the caller would not end with the container. */
export function closeInheritedStreams({ streams }: CompileInput): Step[] {
  if (streams !== "inherit") return [];
  return inheritedStreams.map((name) => ({
    name: "close",
    args: [inherited(name)],
    why: `only the container holds ${name}: its end is the end of the stream`,
    onError: { ignore: "any" },
  }));
}

function openMode({ kind }: StreamSource, input: boolean) {
  const { O_CLOEXEC, O_RDWR, O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_NOCTTY } = openFlags;
  // Both ends in one: the container is never killed by SIGPIPE and never blocks because nobody reads yet.
  if (kind === "fifo" || kind === "device") return named("O_RDWR|O_NOCTTY|O_CLOEXEC", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (input) return named("O_RDONLY|O_CLOEXEC", O_RDONLY | O_CLOEXEC);
  return named("O_WRONLY|O_APPEND|O_CREAT|O_CLOEXEC", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC);
}

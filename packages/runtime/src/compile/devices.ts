import { deviceNumber, fileType, named, resultOf, type Step } from "@drydock/linux";
import { devicePath } from "../config/devices-shape.ts";
import { hasUserNamespace } from "../config/user-namespace.ts";
import { boundDevice } from "./bound-devices.ts";
import type { CompileInput } from "./compile-input.ts";
import { openInRoot } from "./steps.ts";

/** The devices that every container has (runtime-spec, config-linux.md, Default Devices). */
const devices = [
  { name: "null", major: 1, minor: 3 },
  { name: "zero", major: 1, minor: 5 },
  { name: "full", major: 1, minor: 7 },
  { name: "random", major: 1, minor: 8 },
  { name: "urandom", major: 1, minor: 9 },
  { name: "tty", major: 5, minor: 0 },
];

const links = [
  { name: "ptmx", target: "pts/ptmx" },
  { name: "fd", target: "/proc/self/fd" },
  { name: "stdin", target: "/proc/self/fd/0" },
  { name: "stdout", target: "/proc/self/fd/1" },
  { name: "stderr", target: "/proc/self/fd/2" },
];

/** Fills a new tmpfs on /dev: it is ours and empty, so nothing that an image brought can be in the way. Those that linux.devices has with another mode or owner are left to it. */
export function deviceSteps({ config, arch }: Pick<CompileInput, "config" | "arch">): Step[] {
  const bound = hasUserNamespace(config);
  const own = new Set((config.linux?.devices ?? []).map(devicePath));
  return [
    openInRoot("/dev", "directory", arch, "dev", "the new /dev, to make devices in it"),
    ...devices
      .filter(({ name }) => !own.has(`/dev/${name}`))
      .flatMap(({ name, major, minor }): Step[] =>
        bound
          ? boundDevice(name)
          : [
              {
                name: "mknodat",
                args: [
                  resultOf("dev"),
                  name,
                  named("S_IFCHR|0666", fileType.S_IFCHR | 0o666),
                  named(`${major}:${minor}`, deviceNumber(major, minor)),
                ],
                why: `the device /dev/${name}`,
              },
            ],
      ),
    ...links.map(
      ({ name, target }): Step => ({
        name: "symlinkat",
        args: [target, resultOf("dev"), name],
        why: `the link /dev/${name}`,
      }),
    ),
  ];
}

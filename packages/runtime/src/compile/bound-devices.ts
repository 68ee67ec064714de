import { flags, openFlags, openHowSize, openTreeFlags, resultOf, type Step } from "@drydock/linux";
import { atCwd, attach, openHow } from "./steps.ts";

/**
 * A device in the directory `dev` where no device file can be made: root of a user namespace may not (mknod(2)), so the
 * host's is bound over an empty file. `path` is the host's.
 */
export function boundDevice(name: string, path = `/dev/${name}`): Step[] {
  const { O_CREAT, O_EXCL, O_CLOEXEC } = openFlags;
  return [
    {
      name: "openat2",
      args: [
        resultOf("dev"),
        name,
        openHow("O_CREAT|O_EXCL", O_CREAT | O_EXCL | O_CLOEXEC, ["RESOLVE_BENEATH", "RESOLVE_NO_SYMLINKS"], 0o666),
        openHowSize,
      ],
      why: `an empty file to bind the device /dev/${name} to: a user namespace makes no devices`,
      result: "target",
    },
    {
      name: "open_tree",
      args: [atCwd, path, flags(openTreeFlags, "OPEN_TREE_CLONE", "OPEN_TREE_CLOEXEC")],
      why: `the host's ${path}`,
      result: "mount",
    },
    attach("mount", "target", `the device /dev/${name}`),
  ];
}

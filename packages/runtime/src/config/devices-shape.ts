import type { DeviceConfig, RuntimeConfig } from "../types.ts";
import { absolutePath, type Check, integer, invalid, list, object, oneOf } from "./check.ts";

const maxId = 2 ** 32 - 2;
/** Bits of device numbers as mknod(2) takes them: 12 and 20. */
const maxMajor = 2 ** 12 - 1;
const maxMinor = 2 ** 20 - 1;

export const devicesShape: Check = list(
  object(
    {
      path: absolutePath,
      type: oneOf("b", "c", "u", "p"),
      major: integer(0, maxMajor),
      minor: integer(0, maxMinor),
      fileMode: integer(0, 0o177777),
      uid: integer(0, maxId),
      gid: integer(0, maxId),
    },
    { required: ["path", "type"] },
  ),
);

export function checkDevices(config: RuntimeConfig): void {
  const seen = new Map<string, DeviceConfig>();
  for (const [index, device] of (config.linux?.devices ?? []).entries()) {
    const at = `linux.devices[${index}]`;
    const path = devicePath(device);
    if (path === "/" || device.path.split("/").includes(".."))
      throw invalid(`${at}.path`, `${device.path} is not a file`);
    if (seen.has(path)) throw invalid(`${at}.path`, `${path} is named twice`);
    seen.set(path, device);
    if (device.type === "p") continue;
    for (const field of ["major", "minor"] as const) {
      if (device[field] === undefined) throw invalid(`${at}.${field}`, "is required");
    }
  }
}

/** Without what a path may have too much of. */
export function devicePath({ path }: DeviceConfig): string {
  return `/${path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/")}`;
}

import { type DeviceRule, deviceLines } from "../bpf/device-rules.ts";
import type { CgroupSetting } from "./setting.ts";

/**
 * Rules about device files as cgroup v1's controller takes them, one line a write. cgroup v2 has no files for them: there
 * an eBPF program decides (bpf/device-program.ts), which is also used beside v1 wherever the kernel lets us load one.
 */
export function deviceSettings(rules: readonly DeviceRule[]): CgroupSetting[] {
  return rules.map((rule, index) => ({
    field: `devices[${index}]`,
    what: `rule about devices (${rule.allow ? "allow" : "deny"} ${deviceLines(rule).join(", ")})`,
    controller: "devices",
    unified: { refused: "cgroup v2 leaves devices to eBPF programs, and this process may not load one" },
    legacy: deviceLines(rule).map((value) => ({ file: rule.allow ? "devices.allow" : "devices.deny", value })),
  }));
}

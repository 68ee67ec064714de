/** Which device files may be used; the fields are those of the OCI runtime-spec's linux.resources.devices. */
export interface DeviceRule {
  allow: boolean;
  /** a: all, which is meant when left out. */
  type?: "a" | "b" | "c" | "u" | "p";
  /** -1, or left out: any. */
  major?: number;
  minor?: number;
  /** Of r(ead), w(rite) and m(knod); all three when left out. */
  access?: string;
}

/** Bits of BPF_DEVCG_ACC_* and values of BPF_DEVCG_DEV_*. */
export const deviceAccess = { m: 1, r: 2, w: 4 } as const;
export const deviceTypes = { b: 1, c: 2 } as const;

const anyDevice = -1;

/**
 * What every container may use, whatever its rules say (runtime-spec, config-linux.md, Default Devices): the devices
 * that it finds in /dev, terminals of its own, and to make device files, which it may not open then.
 */
export const defaultDeviceRules: readonly DeviceRule[] = [
  { allow: true, type: "c", access: "m" },
  { allow: true, type: "b", access: "m" },
  ...[
    [1, 3], // null
    [1, 5], // zero
    [1, 7], // full
    [1, 8], // random
    [1, 9], // urandom
    [5, 0], // tty
    [5, 2], // ptmx
    [136, anyDevice], // pts/*
  ].map(
    ([major, minor]): DeviceRule => ({ allow: true, type: "c", major: major ?? 0, minor: minor ?? 0, access: "rwm" }),
  ),
];

/** A rule with everything in numbers. */
export interface DeviceMatch {
  allow: boolean;
  /** undefined: both. */
  type?: number;
  major?: number;
  minor?: number;
  access: number;
}

/** FIFOs need no permission, and u (unbuffered) is another name for c. */
export function deviceMatch(rule: DeviceRule): DeviceMatch {
  const { major = anyDevice, minor = anyDevice } = rule;
  const type = rule.type === "b" ? deviceTypes.b : rule.type === "c" || rule.type === "u" ? deviceTypes.c : undefined;
  return {
    allow: rule.allow,
    ...(type === undefined ? {} : { type }),
    ...(major === anyDevice ? {} : { major }),
    ...(minor === anyDevice ? {} : { minor }),
    access: [...(rule.access || "rwm")].reduce((bits, letter) => bits | (deviceAccess[letter as "r"] ?? 0), 0),
  };
}

/** Whether a rule is about every use of every device, so that nothing said before it counts. */
export function isAboutAll({ type, major, minor, access }: DeviceMatch): boolean {
  return type === undefined && major === undefined && minor === undefined && access === 7;
}

/**
 * As lines of cgroup v1's devices.allow and devices.deny (admin-guide/cgroup-v1/devices.rst). There `a` always means
 * every use of every device, so a rule about both types and less than that takes two lines.
 */
export function deviceLines(rule: DeviceRule): string[] {
  const match = deviceMatch(rule);
  if (isAboutAll(match)) return ["a"];
  const number = (value: number | undefined): string => (value === undefined ? "*" : String(value));
  const letters = Object.entries(deviceAccess).flatMap(([letter, bit]) => (match.access & bit ? letter : []));
  const types = Object.entries(deviceTypes).filter(([, type]) => match.type === undefined || match.type === type);
  return types.map(([letter]) => `${letter} ${number(match.major)}:${number(match.minor)} ${letters.join("")}`);
}

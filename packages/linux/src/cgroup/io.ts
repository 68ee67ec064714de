import type { CgroupLimits, CgroupSetting, DeviceRate, Expression } from "./setting.ts";

type BlockLimits = NonNullable<CgroupLimits["blockIO"]>;

/** v1's weight (10 to 1000) as v2's (1 to 10000), as all OCI runtimes convert it. */
export function ioWeight(weight: number): number {
  return 1 + Math.floor(((weight - 10) * 9999) / 990);
}

const throttles = [
  { name: "throttleReadBpsDevice", key: "rbps", legacy: "blkio.throttle.read_bps_device", what: "bytes read" },
  { name: "throttleWriteBpsDevice", key: "wbps", legacy: "blkio.throttle.write_bps_device", what: "bytes written" },
  { name: "throttleReadIOPSDevice", key: "riops", legacy: "blkio.throttle.read_iops_device", what: "reads" },
  { name: "throttleWriteIOPSDevice", key: "wiops", legacy: "blkio.throttle.write_iops_device", what: "writes" },
] as const;

/**
 * Controller io, in v1 blkio. Weights are put into force by the device's scheduler: by BFQ, whose file takes v1's values
 * as they are, or else by v2's cost model (io.weight).
 */
export function ioSettings(block: BlockLimits): CgroupSetting[] {
  const settings: CgroupSetting[] = [];
  const add = (field: string, what: string, unified: Expression, legacy: Expression): void => {
    settings.push({ field: `blockIO.${field}`, what, controller: "io", legacyController: "blkio", unified, legacy });
  };
  const noLeaves = { refused: "cgroup v2 has no weight of leaves", hint: "use weight" };
  if (block.weight) {
    const value = String(block.weight);
    const cost = { file: "io.weight", value: String(ioWeight(block.weight)) };
    const plain = { file: "blkio.weight", value };
    add(
      "weight",
      `I/O weight of ${value}`,
      [{ file: "io.bfq.weight", value, otherwise: cost }],
      [{ file: "blkio.bfq.weight", value, otherwise: plain }],
    );
  }
  if (block.leafWeight) {
    const file = { file: "blkio.leaf_weight", value: String(block.leafWeight) };
    add("leafWeight", `I/O weight of leaves of ${block.leafWeight}`, noLeaves, [file]);
  }
  for (const [index, { major, minor, weight, leafWeight }] of (block.weightDevice ?? []).entries()) {
    const device = `${major}:${minor}`;
    if (weight) {
      const value = `${device} ${weight}`;
      const cost = { file: "io.weight", value: `${device} ${ioWeight(weight)}` };
      const plain = { file: "blkio.weight_device", value };
      add(
        `weightDevice[${index}].weight`,
        `I/O weight of ${weight} at the device ${device}`,
        [{ file: "io.bfq.weight", value, otherwise: cost }],
        [{ file: "blkio.bfq.weight_device", value, otherwise: plain }],
      );
    }
    if (leafWeight) {
      const file = { file: "blkio.leaf_weight_device", value: `${device} ${leafWeight}` };
      add(`weightDevice[${index}].leafWeight`, `I/O weight of leaves at the device ${device}`, noLeaves, [file]);
    }
  }
  for (const { name, key, legacy, what } of throttles) {
    for (const [index, { major, minor, rate }] of rates(block[name])) {
      const device = `${major}:${minor}`;
      add(
        `${name}[${index}]`,
        `limit of ${rate} ${what} a second at the device ${device}`,
        [{ file: "io.max", value: `${device} ${key}=${rate === 0 ? "max" : rate}` }],
        [{ file: legacy, value: `${device} ${rate}` }],
      );
    }
  }
  return settings;
}

function rates(list: DeviceRate[] | undefined): [number, DeviceRate][] {
  return [...(list ?? []).entries()];
}

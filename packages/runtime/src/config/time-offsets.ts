import type { RuntimeConfig } from "../types.ts";
import { integer, invalid, object } from "./check.ts";

const offset = object({ secs: integer(-(2 ** 53)), nanosecs: integer(0, 999_999_999) });

export const timeOffsetsShape = object({ monotonic: offset, boottime: offset });

export function checkTimeOffsets(config: RuntimeConfig): void {
  if (Object.keys(config.linux?.timeOffsets ?? {}).length === 0) return;
  const time = config.linux?.namespaces?.find(({ type }) => type === "time");
  if (!time) {
    throw invalid("linux.timeOffsets", "there is no time namespace", 'add {"type": "time"} to linux.namespaces');
  }
  if (time.path !== undefined) {
    throw invalid("linux.timeOffsets", "the time namespace that is joined has its offsets already", "remove it");
  }
}

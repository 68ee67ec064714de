import t from "tap";
import { nativeContract } from "../test/native-contract.ts";

if (process.getuid?.() === 0) {
  await nativeContract({
    bridge: `ddn${process.pid % 100000}`,
    podCidr: `10.${150 + (process.pid % 50)}.${Math.floor(process.pid / 50) % 250}.0/24`,
  });
} else {
  t.plan(0, "needs root: namespaces, mounts, bridges");
}

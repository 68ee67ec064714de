import t from "tap";
import { capabilityData, capabilityMask, capabilityNamesOf } from "./capabilities.ts";
import { errnoName, errnoNumber, errnoText } from "./errno.ts";
import { deviceNumber } from "./file-modes.ts";
import { rlimitBytes } from "./rlimits.ts";
import { decodeWaitStatus, parseSignal } from "./signals.ts";

t.test("errnos have names and texts", async (t) => {
  t.equal(errnoNumber("ENOENT"), 2);
  t.equal(errnoName(22), "EINVAL");
  t.equal(errnoName(4000), "errno 4000");
  t.equal(errnoText("ENOENT"), "no such file or directory");
});

t.test("capabilities are bits", async (t) => {
  t.equal(capabilityMask(["CAP_CHOWN", "CAP_CHECKPOINT_RESTORE"]), 1n | (1n << 40n));
  t.strictSame(capabilityNamesOf(0x400n), ["CAP_NET_BIND_SERVICE"]);
  const data = capabilityData({ effective: 1n, permitted: 1n << 40n, inheritable: 0n });
  t.strictSame([data.readUInt32LE(0), data.readUInt32LE(4), data.readUInt32LE(16)], [1, 0, 256]);
});

t.test("signals have names and numbers", async (t) => {
  t.strictSame(["TERM", "SIGKILL", "sighup", "15", "64"].map(parseSignal), [15, 9, 1, 15, 64]);
  t.strictSame(["", "0", "65", "NOPE", "-9"].map(parseSignal), [undefined, undefined, undefined, undefined, undefined]);
});

t.test("wait statuses tell code and signal", async (t) => {
  t.strictSame(decodeWaitStatus(3 << 8), { code: 3 });
  t.strictSame(decodeWaitStatus(9), { code: 137, signal: 9 });
  t.strictSame(decodeWaitStatus(0x80 | 11), { code: 139, signal: 11 }, "with a core dump");
});

t.test("device numbers and limits are laid out as the kernel wants them", async (t) => {
  t.equal(deviceNumber(1, 3), 0x103);
  t.equal(deviceNumber(8, 300), (8 << 8) | 0x2c | (0x100 << 12));
  t.equal(rlimitBytes(1024, -1).readBigUInt64LE(8), 0xffffffffffffffffn);
  t.equal(rlimitBytes(2 ** 64, 5).readBigUInt64LE(0), 0xffffffffffffffffn);
});

// fails at none: expected 0
/**
 * node confine.ts caps PID                                    { "effective": ["CAP_CHOWN", …], "permitted": […], "inheritable": […],
 *                                                               "bounding": […], "ambient": […] }
 * node confine.ts run [--keep CAP,…] [--deny CALL,…] -- COMMAND… the command without any capability but those, without these calls
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

/** linux/capability.h: the first is bit 0. */
const names =
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE".split(
    " ",
  );

/** x86-64 (arch/x86/entry/syscalls/syscall_64.tbl). */
const numbers: Record<string, number> = {
  mkdir: 83,
  mount: 165,
  unlinkat: 263,
  symlinkat: 266,
  fchmodat: 268,
  unshare: 272,
};
const AUDIT_ARCH_X86_64 = 0xc000003e;
const EPERM = 1;

/** seccomp_data: the number is at 0, the architecture at 4 (linux/seccomp.h). */
const LOAD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;
const ALLOW = 0x7fff0000;
const ERRNO = 0x00050000;
const KILL_PROCESS = 0x80000000;

function caps(pid: string): Record<string, string[]> {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const set = (field: string): string[] => {
    const mask = BigInt(`0x${new RegExp(`^${field}:\\s+(\\w+)`, "m").exec(status)?.[1]}`);
    return names.filter((_, bit) => (mask >> BigInt(bit)) & 1n).map((name) => `CAP_${name}`);
  };
  return {
    effective: set("CapEff"),
    permitted: set("CapPrm"),
    inheritable: set("CapInh"),
    bounding: set("CapBnd"),
    ambient: set("CapAmb"),
  };
}

function instruction(code: number, value: number, ifTrue = 0, ifFalse = 0): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(value, 4);
  return bytes;
}

/** These calls fail with EPERM. A number means another call on another architecture: a process that changes it is killed. */
function filter(calls: readonly string[]): Buffer {
  return Buffer.concat([
    instruction(LOAD, 4),
    instruction(JUMP_IF_EQUAL, AUDIT_ARCH_X86_64, 1, 0),
    instruction(RETURN, KILL_PROCESS),
    instruction(LOAD, 0),
    ...calls.flatMap((name) => {
      const number = numbers[name];
      if (number === undefined) throw new Error(`no number for ${name}`);
      return [instruction(JUMP_IF_EQUAL, number, 0, 1), instruction(RETURN, ERRNO + EPERM)];
    }),
    instruction(RETURN, ALLOW),
  ]);
}

function run(args: string[]): number {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { keep: { type: "string" }, deny: { type: "string" } },
  });
  const kept = (values.keep ?? "").split(",").filter(Boolean);
  const bounding = [
    "-sys_admin,-net_admin,-sys_ptrace",
    ...kept.map((name) => `+${name.slice("CAP_".length).toLowerCase()}`),
  ].join(",");
  const confined = [
    "setpriv",
    "--no-new-privs",
    "--inh-caps",
    "-all",
    "--bounding-set",
    bounding,
    "--",
    ...positionals,
  ];
  const denied = (values.deny ?? "").split(",").filter(Boolean);
  if (denied.length === 0) return spawnSync("setpriv", confined.slice(1), { stdio: "inherit" }).status ?? 1;
  const directory = mkdtempSync(join(tmpdir(), "filter-"));
  try {
    const file = join(directory, "program");
    writeFileSync(file, filter(denied));
    const fd = openSync(file, "r");
    return (
      spawnSync("bwrap", ["--dev-bind", "/", "/", "--seccomp", "3", "--", ...confined], {
        stdio: ["inherit", "inherit", "inherit", fd],
      }).status ?? 1
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const [command, ...args] = process.argv.slice(2);
if (command === "caps") console.log(JSON.stringify(caps(args[0] ?? "self"), null, 2));
else process.exitCode = run(args);

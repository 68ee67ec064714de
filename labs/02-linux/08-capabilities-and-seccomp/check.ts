import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { CheckTools, Ended, LabCheck } from "@drydock/labs";

const sets = { effective: "CapEff", permitted: "CapPrm", inheritable: "CapInh", bounding: "CapBnd", ambient: "CapAmb" };
/** Bits of some that every kernel since 5.9 has, and that this sandbox has not taken away. */
const bits: Record<string, number> = {
  CAP_CHOWN: 0,
  CAP_KILL: 5,
  CAP_NET_BIND_SERVICE: 10,
  CAP_NET_RAW: 13,
  CAP_SYS_CHROOT: 18,
  CAP_SYS_ADMIN: 21,
  CAP_MKNOD: 27,
  CAP_SETFCAP: 31,
  CAP_SYSLOG: 34,
  CAP_BPF: 39,
};

function some(t: CheckTools): string[] {
  const chosen = Object.keys(bits).filter(() => t.number(0, 3) === 0);
  return chosen.length > 0 ? chosen : ["CAP_NET_RAW"];
}

function mask(status: string, field: string): bigint {
  return BigInt(`0x${new RegExp(`^${field}:\\s+(\\w+)`, "m").exec(status)?.[1] ?? "0"}`);
}

/** /proc/PID/status of a command, read from outside: what it prints itself goes through the hands of confine.ts. */
async function statusOf(t: CheckTools, args: readonly string[]): Promise<string> {
  const words = ["sleep", String(t.number(100_000, 900_000))];
  const running = await t.start("confine.ts", ["run", ...args, "--", ...words]);
  const status = await t.until(() => statusOfProcess(words) ?? (running.stderr ? "" : undefined), 20_000);
  running.kill("SIGKILL");
  if (status) return status;
  throw t.wrong(
    `run ${args.join(" ")} -- ${words.join(" ")} started no such process: ${JSON.stringify(running.stderr.slice(0, 150))}, expected it to run`,
  );
}

function statusOfProcess(words: readonly string[]): string | undefined {
  const wanted = `${words.join("\0")}\0`;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, "utf8") === wanted) return readFileSync(`/proc/${pid}/status`, "utf8");
    } catch {
      // It has ended meanwhile.
    }
  }
  return undefined;
}

function run(t: CheckTools, deny: readonly string[], script: string): Promise<Ended> {
  return t.run("confine.ts", ["run", "--keep", "CAP_CHOWN", "--deny", deny.join(","), "--", "sh", "-c", script]);
}

/** What a shell does, by the call that it makes for it. */
const deeds: Record<string, (path: string) => string> = {
  mkdir: (path) => `mkdir ${path}/d`,
  symlinkat: (path) => `ln -s x ${path}/l`,
  fchmodat: (path) => `chmod 700 ${path}/f`,
  unlinkat: (path) => `rm ${path}/f`,
};

export const steps: LabCheck = {
  async decode(t) {
    for (const chosen of [["CAP_BPF", "CAP_CHOWN"], some(t)]) {
      const drop = ["-all", ...chosen.map((name) => `+${name.slice(4).toLowerCase()}`)].join(",");
      const child = await t.start("setpriv", [
        "--bounding-set",
        drop,
        "--inh-caps",
        drop,
        "--",
        "sh",
        "-c",
        "echo up; exec sleep 600",
      ]);
      await t.until(() => child.stdout.includes("up"));
      const { stdout, stderr } = await t.run("confine.ts", ["caps", String(child.pid)]);
      let seen: Record<string, string[]>;
      try {
        seen = JSON.parse(stdout);
      } catch {
        throw t.wrong(`caps printed no JSON but: ${(stdout + stderr).slice(0, 120)}`);
      }
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      for (const [key, field] of Object.entries(sets)) {
        const raw = mask(status, field);
        const expected = Object.keys(bits).filter((name) => (raw >> BigInt(bits[name] ?? 0)) & 1n);
        const got = Object.keys(bits).filter((name) => seen[key]?.includes(name));
        const count = raw.toString(2).replaceAll("0", "").length;
        if (got.join() !== expected.join() || seen[key]?.length !== count) {
          throw t.wrong(
            `${key} is ${JSON.stringify(seen[key])}, expected ${count}, among them ${JSON.stringify(expected)}: ${field} is ${raw.toString(16)}`,
            "bitwise operators of JavaScript work on 32 bits",
          );
        }
      }
    }
  },

  async none(t) {
    const status = await statusOf(t, []);
    for (const [key, field] of Object.entries(sets)) {
      const left = mask(status, field);
      if (left !== 0n)
        throw t.wrong(
          `${key} of the command is ${left.toString(16)}, expected 0`,
          "a list of what to take away is never complete; and the bounding set decides what execve gives to root",
        );
    }
    if (!/^NoNewPrivs:\s+1$/m.test(status))
      throw t.wrong(
        "NoNewPrivs of the command is 0, expected 1",
        "a set-user-ID program could give rights back: man 2 prctl, PR_SET_NO_NEW_PRIVS",
      );
  },

  async keep(t) {
    const chosen = some(t);
    const status = await statusOf(t, ["--keep", chosen.join(",")]);
    const expected = chosen.reduce((sum, name) => sum | (1n << BigInt(bits[name] ?? 0)), 0n);
    for (const field of ["CapEff", "CapBnd"]) {
      const left = mask(status, field);
      if (left !== expected)
        throw t.wrong(
          `--keep ${chosen.join(",")}: ${field} is ${left.toString(16)}, expected ${expected.toString(16)}`,
          "first none, then those that are kept",
        );
    }
  },

  async deny(t) {
    const names = Object.keys(deeds);
    const denied = names.filter(() => t.number(0, 2) === 1);
    if (denied.length === 0 || denied.length === names.length) denied.splice(0, denied.length, "mkdir", "symlinkat");
    for (const name of names) {
      const path = `${t.scratch}/${t.word()}`;
      await t.run("sh", ["-c", `mkdir ${path} && touch ${path}/f`]);
      const { code, stderr } = await run(t, denied, deeds[name]?.(path) ?? "");
      if (denied.includes(name) && code === 0)
        throw t.wrong(
          `--deny ${denied.join(",")}: ${name} was done all the same, expected it to fail`,
          "which instruction compares the number, and where does it jump?",
        );
      if (denied.includes(name) && !/not permitted/.test(stderr))
        throw t.wrong(
          `--deny ${denied.join(",")}: ${name} failed with ${JSON.stringify(stderr.slice(-120))}, expected EPERM, "Operation not permitted"`,
          "SECCOMP_RET_ERRNO carries the errno in its lower half",
        );
      if (!denied.includes(name) && code !== 0)
        throw t.wrong(
          `--deny ${denied.join(",")}: ${name} failed, too: ${stderr.slice(-120)}, expected it to work`,
          "the last instruction allows all that was not compared",
        );
    }
    const status = await statusOf(t, ["--deny", "mkdir"]);
    if (!/^Seccomp:\s+2$/m.test(status) || mask(status, "CapEff") !== 0n)
      throw t.wrong(
        "with --deny the command has capabilities again, or no filter, expected neither",
        "both at once: one program starts the other",
      );
  },

  async architecture(t) {
    // A program of 32 bits: getpid by int 0x80, where its number, 20, is that of writev on x86-64. It ends with 42 when nobody stops it.
    const code = Buffer.from("b814000000cd80b801000000bb2a000000cd80", "hex");
    const file = `${t.scratch}/${t.word()}`;
    writeFileSync(file, elf32(code), { mode: 0o755 });
    const free = await t.run(file);
    if (free.code !== 42) return;
    const { code: ended, stderr } = await t.run("confine.ts", ["run", "--deny", "mkdir", "--", file]);
    if (ended === 42)
      throw t.wrong(
        "a program of another architecture, where numbers mean other calls, was let through, expected it to be killed",
        "seccomp_data has the architecture at offset 4",
      );
    if (/EINVAL|Invalid argument/.test(stderr))
      throw t.wrong(`the kernel refused the filter: ${stderr.trim().slice(0, 120)}, expected it to be loaded`);
  },
};

/** The smallest program that a 32-bit Linux starts: header, one loaded segment, code (elf(5)). */
function elf32(code: Buffer): Buffer {
  const base = 0x08048000;
  const head = Buffer.alloc(84);
  head.write("\x7fELF\x01\x01\x01", 0, "latin1");
  head.writeUInt16LE(2, 16);
  head.writeUInt16LE(3, 18);
  head.writeUInt32LE(1, 20);
  head.writeUInt32LE(base + 84, 24);
  head.writeUInt32LE(52, 28);
  head.writeUInt16LE(52, 40);
  head.writeUInt16LE(32, 42);
  head.writeUInt16LE(1, 44);
  head.writeUInt32LE(1, 52);
  head.writeUInt32LE(base, 60);
  head.writeUInt32LE(base, 64);
  head.writeUInt32LE(84 + code.length, 68);
  head.writeUInt32LE(84 + code.length, 72);
  head.writeUInt32LE(5, 76);
  head.writeUInt32LE(0x1000, 80);
  return Buffer.concat([head, code]);
}

import { hasCode, runCommand } from "@drydock/kit";
import { failure } from "../errors.ts";

/** `etcd --version` -> [3, 4, 23]. Throws ETCD_MISSING, or ETCD_VERSION when it is not 3.4 or a later 3.x. */
export async function etcdVersion(program: string): Promise<readonly [number, number, number]> {
  const text = await runCommand(program, ["--version"], { timeoutMs: 5_000 }).catch((error: unknown) => {
    if (!hasCode(error, "COMMAND_NOT_FOUND")) throw error;
    throw failure("ETCD_MISSING", `${program} is not installed`, {
      cause: error,
      hint: "apt-get install -y etcd-server",
    });
  });
  return supportedVersion(text);
}

export function supportedVersion(text: string): readonly [number, number, number] {
  const match = /^etcd Version: (\d+)\.(\d+)\.(\d+)/m.exec(text);
  if (!match) {
    throw failure("ETCD_VERSION", `etcd --version says ${JSON.stringify(text.slice(0, 80))}`, {
      hint: "install etcd 3.4 or later: apt-get install -y etcd-server",
    });
  }
  const version = [Number(match[1]), Number(match[2]), Number(match[3])] as const;
  if (version[0] !== 3 || version[1] < 4) {
    throw failure("ETCD_VERSION", `etcd is of version ${version.join(".")}`, {
      hint: "install etcd 3.4 or a later 3.x: apt-get install -y etcd-server",
      details: { version: version.join(".") },
    });
  }
  return version;
}

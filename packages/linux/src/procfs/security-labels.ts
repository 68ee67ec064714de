import { existsSync, readFileSync } from "node:fs";

/**
 * Where a process writes what its next execve makes of it, for each of the two security modules that know labels; a module that is not in force
 * is left out (apparmor(7), selinux(8), /proc/PID/attr in proc_pid_attr(5)).
 */
export interface LabelFiles {
  appArmor?: string;
  seLinux?: string;
}

export function labelFiles(): LabelFiles {
  return {
    ...(appArmorIsOn() ? { appArmor: firstThere("/proc/self/attr/apparmor/exec", "/proc/self/attr/exec") } : {}),
    // Mounted where it is in force: by init, or by who has switched it on.
    ...(existsSync("/sys/fs/selinux/enforce") ? { seLinux: "/proc/self/attr/exec" } : {}),
  };
}

function appArmorIsOn(): boolean {
  try {
    return readFileSync("/sys/module/apparmor/parameters/enabled", "utf8").startsWith("Y");
  } catch {
    // Not in this kernel.
    return false;
  }
}

/** Linux 5.8 has the first, for kernels with several such modules. */
function firstThere(path: string, otherwise: string): string {
  return existsSync(path) ? path : otherwise;
}

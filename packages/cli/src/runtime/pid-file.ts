import { writeFileAtomic } from "@drydock/kit";

/** The pid on the host, without a newline, as callers of runc read it; the file appears as a whole. */
export async function writePidFile(path: string | undefined, pid: number | undefined): Promise<void> {
  if (path !== undefined && pid !== undefined) await writeFileAtomic(path, String(pid));
}

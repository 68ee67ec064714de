import { type CertificateStatus, certificateStatuses } from "@drydock/control-plane";
import { humanDuration } from "@drydock/machinery";
import { failure } from "../errors.ts";
import { nodeDirectories } from "../join/node-directories.ts";
import type { Cell } from "../output/table.ts";
import { dataPaths } from "../supervisor/paths.ts";

/** The certificates of a data directory: those of a control plane, and those of a node that has joined. */
export async function pkiStatus(dataDir: string): Promise<CertificateStatus[]> {
  const directories = [dataPaths(dataDir).pki, nodeDirectories(dataDir).certificates];
  const found = (await Promise.all(directories.map(certificateStatuses))).flat();
  if (found.length > 0) return found;
  throw failure("CLI_NOTHING_FOUND", `${dataDir} has no certificates`, {
    hint: "name the data directory of a control plane or a node with --data-dir",
  });
}

export const pkiHeader = ["Name", "Ends", "Ends in", "Authority", "Subject", "File"];

export function pkiRows(certificates: readonly CertificateStatus[], nowMs: number): Cell[][] {
  return certificates.map(({ name, notAfter, issuer, isAuthority, subject, file }) => {
    const left = notAfter - nowMs;
    const end = `${new Date(notAfter).toISOString().slice(0, 19)}Z`;
    return [name, end, left > 0 ? humanDuration(left) : "has ended", isAuthority ? "(itself)" : issuer, subject, file];
  });
}

import { join } from "node:path";
import { ensurePki, type KeyPair, renewable, renewCertificates } from "@drydock/control-plane";
import { pathExists, readTextIfExists, writeFileAtomic } from "@drydock/kit";
import { failure } from "../errors.ts";
import { dataPaths } from "../supervisor/paths.ts";

export interface RenewRequest {
  dataDir: string;
  kubeconfig: string;
  /** None: all. */
  names: readonly string[];
}

/** What must be started again before it shows its new certificate. The API server's own are followed on disk. */
const restarts: readonly { names: readonly string[]; what: string }[] = [
  {
    names: ["etcd-server"],
    what: "etcd: it shows the new certificate to new connections, or after a restart where it has a copy",
  },
  {
    names: ["etcd-client", "controller-manager", "scheduler"],
    what: "the control plane: restart it to use its new client certificates",
  },
];

export async function renewPki({
  dataDir,
  kubeconfig,
  names,
}: RenewRequest): Promise<{ renewed: string[]; remarks: string[] }> {
  const { pki } = dataPaths(dataDir);
  if (!(await pathExists(join(pki, "ca.pem")))) {
    throw failure("CLI_NOTHING_FOUND", `${pki} has no authority, so nothing can be renewed here`, {
      hint: "run it where the control plane is, or name its data directory with --data-dir",
    });
  }
  const renewed: string[] = await renewCertificates(pki, names.length > 0 ? names : renewable);
  const remarks = restarts.filter((one) => one.names.some((name) => renewed.includes(name))).map(({ what }) => what);
  const { certificates } = await ensurePki(pki, { hosts: [] });
  if (renewed.includes("admin") && (await renewKubeconfig(kubeconfig, certificates.admin))) {
    remarks.push(`${kubeconfig} has the new certificate; copies of it have the old one until that ends`);
  }
  return { renewed, remarks };
}

/** Puts the administrator's new certificate into the kubeconfig that holds the old one. */
async function renewKubeconfig(kubeconfig: string, { cert, key }: KeyPair): Promise<boolean> {
  const text = await readTextIfExists(kubeconfig);
  if (text === undefined || !/^ *client-certificate-data:/m.test(text) || !text.includes("drydock-admin")) return false;
  const base64 = (pem: string): string => Buffer.from(pem).toString("base64");
  const next = text
    .replace(/^( *client-certificate-data:).*$/m, `$1 ${base64(cert)}`)
    .replace(/^( *client-key-data:).*$/m, `$1 ${base64(key)}`);
  await writeFileAtomic(kubeconfig, next, 0o600);
  return true;
}

import { X509Certificate } from "node:crypto";
import { join, resolve } from "node:path";
import { writeFileAtomic } from "@drydock/kit";
import { failure } from "../errors.ts";
import { hostsOf } from "./certificate-status.ts";
import { LEAF_DAYS, loadAuthority, readLeaf } from "./ensure-pki.ts";
import { type IdentityName, identities } from "./identities.ts";
import { formatKeyPair } from "./key-pair.ts";
import { signCertificate } from "./sign.ts";

/** Every certificate that can be renewed: all but the authorities. */
export const renewable = Object.keys(identities([])) as readonly IdentityName[];

/**
 * Issues certificates of a control plane again, for another year, with new keys and the hosts that they had. Returns the
 * names of those that it renewed. The authorities stay: who trusts them need not be told. Throws PKI_UNUSABLE when an
 * authority is damaged or has ended, PKI_UNKNOWN_CERTIFICATE for a name that is none.
 */
export async function renewCertificates(
  directory: string,
  names: readonly string[] = renewable,
): Promise<IdentityName[]> {
  const path = resolve(directory);
  const chosen = names.map(known);
  for (const name of chosen) {
    const file = join(path, `${name}.pem`);
    const before = await readLeaf(file);
    const hosts = before ? hostsOf(new X509Certificate(before.cert)) : [];
    const identity = identities(hosts)[name];
    const all = identity.hosts ? [...new Set([...identity.hosts, ...hosts])] : undefined;
    const authority = await loadAuthority(path, identity.authority);
    const pair = await signCertificate(authority, { ...identity, ...(all ? { hosts: all } : {}), days: LEAF_DAYS });
    await writeFileAtomic(file, formatKeyPair(pair), 0o600);
  }
  return chosen;
}

function known(name: string): IdentityName {
  const found = renewable.find((one) => one === name);
  if (found) return found;
  throw failure("PKI_UNKNOWN_CERTIFICATE", `there is no certificate ${name} that could be renewed`, {
    hint: `certificates are ${renewable.join(", ")}`,
  });
}

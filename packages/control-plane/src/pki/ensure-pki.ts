import { createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { isIP } from "node:net";
import { dirname, join, resolve } from "node:path";
import {
  errnoOf,
  hasCode,
  type Logger,
  messageOf,
  readTextIfExists,
  silentLogger,
  writeFileAtomic,
} from "@drydock/kit";
import { failure } from "../errors.ts";
import { hostsOf } from "./certificate-status.ts";
import { type AuthorityName, type Identity, type IdentityName, identities } from "./identities.ts";
import { formatKeyPair, type KeyPair, parseKeyPair, type StoredKeyPair } from "./key-pair.ts";
import { ensureKeyring } from "./keyring.ts";
import type { Pki } from "./pki.ts";
import { createAuthority, signCertificate } from "./sign.ts";

const AUTHORITY_DAYS = 3650;
export const LEAF_DAYS = 365;
/** Certificates are made anew when they end within this time. */
const RENEW_BEFORE_MS = 30 * 24 * 3600 * 1000;

const AUTHORITY_NAMES: Record<AuthorityName, string> = { ca: "drydock-ca", "etcd-ca": "drydock-etcd-ca" };
const SERVICE_ACCOUNT_FILE = "service-account.key";
const ENCRYPTION_KEYS_FILE = "encryption.keys";

export interface EnsurePkiOptions {
  /** DNS names and addresses of the API server, beside loopback and the names that pods use. */
  hosts: readonly string[];
  logger?: Logger;
}

/**
 * Makes the certificates of a cluster at its first start and reads them at later ones; those that end within 30 days,
 * or miss a host, are issued again. Keys are readable by the owner alone.
 *
 * Safe with several processes at once, without a lock: a new directory is made beside and renamed into place, the
 * loser takes the winner's; a leaf is one file that is replaced as a whole, and either version of it is good.
 *
 * Throws PKI_UNUSABLE when an authority or the ServiceAccount key is there but damaged: making a new one would lock out
 * everybody who has a certificate or token of the old, so a person must decide.
 */
export async function ensurePki(directory: string, options: EnsurePkiOptions): Promise<Pki> {
  const path = resolve(directory);
  const logger = (options.logger ?? silentLogger).child({ part: "pki", directory: path });
  if (!(await isPopulated(path))) await createDirectory(path, logger);
  const authorities = {
    ca: await loadAuthority(path, "ca"),
    "etcd-ca": await loadAuthority(path, "etcd-ca"),
  };
  const certificates: Partial<Record<IdentityName, StoredKeyPair>> = {};
  for (const [name, identity] of Object.entries(identities(options.hosts)) as [IdentityName, Identity][]) {
    certificates[name] = await ensureLeaf(path, name, identity, authorities[identity.authority], logger);
  }
  return {
    directory: path,
    ca: authorities.ca,
    caFile: join(path, "ca.crt"),
    etcdCa: authorities["etcd-ca"],
    etcdCaFile: join(path, "etcd-ca.crt"),
    certificates: certificates as Record<IdentityName, StoredKeyPair>,
    serviceAccountKey: await loadServiceAccountKey(path),
    encryptionKeys: await ensureKeyring(join(path, ENCRYPTION_KEYS_FILE)),
  };
}

async function isPopulated(path: string): Promise<boolean> {
  try {
    return (await readdir(path)).length > 0;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}

/** Makes both authorities and the ServiceAccount key in a directory beside, and moves it into place. */
async function createDirectory(path: string, logger: Logger): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const beside = await mkdtemp(`${path}.new-`); // mode 0700
  try {
    for (const name of ["ca", "etcd-ca"] as const) {
      const authority = await createAuthority(AUTHORITY_NAMES[name], AUTHORITY_DAYS);
      await writeFileAtomic(join(beside, `${name}.pem`), formatKeyPair(authority), 0o600);
      await writeFileAtomic(join(beside, `${name}.crt`), authority.cert, 0o644);
    }
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    await writeFileAtomic(join(beside, SERVICE_ACCOUNT_FILE), pem, 0o600);
    // Replaces an empty directory; fails on one that another process has filled meanwhile.
    await rename(beside, path);
    logger.info({}, "created certificate authorities");
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    if (errnoOf(error) !== "ENOTEMPTY" && errnoOf(error) !== "EEXIST") throw error;
  }
}

export async function loadAuthority(directory: string, name: AuthorityName): Promise<StoredKeyPair> {
  const file = join(directory, `${name}.pem`);
  const text = await readTextIfExists(file);
  if (text === undefined) throw unusable(file, "is missing");
  const authority = readAuthority(text, file);
  const validTo = new X509Certificate(authority.cert).validToDate;
  if (validTo.getTime() < Date.now()) throw unusable(file, `ended on ${validTo.toISOString()}`);
  return authority;
}

function readAuthority(text: string, file: string): StoredKeyPair {
  try {
    return parseKeyPair(text, file);
  } catch (error) {
    throw unusable(file, "is damaged", error);
  }
}

async function loadServiceAccountKey(directory: string): Promise<Pki["serviceAccountKey"]> {
  const file = join(directory, SERVICE_ACCOUNT_FILE);
  const privateKey = await readTextIfExists(file);
  if (privateKey === undefined) throw unusable(file, "is missing");
  try {
    const publicKey = createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString();
    return { privateKey, publicKey };
  } catch (error) {
    throw unusable(file, `is damaged (${messageOf(error)})`, error);
  }
}

function unusable(file: string, state: string, cause?: unknown): Error {
  return failure("PKI_UNUSABLE", `${file} ${state}`, {
    cause,
    details: { file },
    hint: `restore it from a backup, or remove ${dirname(file)} to start with new authorities: every kubeconfig and token made so far then ends`,
  });
}

async function ensureLeaf(
  directory: string,
  name: IdentityName,
  identity: Identity,
  authority: KeyPair,
  logger: Logger,
): Promise<StoredKeyPair> {
  const file = join(directory, `${name}.pem`);
  const text = await readTextIfExists(file);
  const found: ReturnType<typeof usableLeaf> =
    text === undefined ? { why: "there is none" } : usableLeaf(text, file, identity, authority);
  if ("cert" in found) return found;
  // Somebody may have issued it with more hosts than we know of: those of other machines, for a member of etcd.
  const { hosts } = identity;
  const all = hosts && { hosts: [...new Set([...hosts, ...(found.hosts ?? [])])] };
  const pair = await signCertificate(authority, { ...identity, ...all, days: LEAF_DAYS });
  await writeFileAtomic(file, formatKeyPair(pair), 0o600);
  logger.info({ certificate: name, why: found.why }, "issued certificate");
  // Another process may have replaced it meanwhile: everybody uses what is on disk.
  return parseKeyPair(await readFile(file, "utf8"), file);
}

/** The leaf in a file as it is, undefined when there is none or it is damaged. */
export async function readLeaf(file: string): Promise<StoredKeyPair | undefined> {
  const text = await readTextIfExists(file);
  if (text === undefined) return undefined;
  try {
    return parseKeyPair(text, file);
  } catch (error) {
    if (!hasCode(error, "PKI_UNUSABLE")) throw error;
    return undefined;
  }
}

/** The leaf in a file, or why it must be issued again and the hosts that it had: a leaf can always be made anew, so nothing here is an error. */
function usableLeaf(
  text: string,
  file: string,
  identity: Identity,
  authority: KeyPair,
): StoredKeyPair | { why: string; hosts?: string[] } {
  let pair: StoredKeyPair;
  try {
    pair = parseKeyPair(text, file);
  } catch (error) {
    if (!hasCode(error, "PKI_UNUSABLE")) throw error;
    return { why: "the file is damaged" };
  }
  const certificate = new X509Certificate(pair.cert);
  if (!certificate.verify(new X509Certificate(authority.cert).publicKey)) return { why: "another authority signed it" };
  if (certificate.validToDate.getTime() - Date.now() < RENEW_BEFORE_MS) {
    return { why: "it ends soon", hosts: hostsOf(certificate) };
  }
  const missing = (identity.hosts ?? []).find((host) => !covers(certificate, host));
  return missing === undefined ? pair : { why: `it misses ${missing}`, hosts: hostsOf(certificate) };
}

function covers(certificate: X509Certificate, host: string): boolean {
  return (isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)) !== undefined;
}

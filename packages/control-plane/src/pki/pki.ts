import type { IdentityName } from "./identities.ts";
import type { StoredKeyPair } from "./key-pair.ts";
import type { Keyring } from "./keyring.ts";

/** The certificates and keys of one cluster, below one directory (0700). */
export interface Pki {
  readonly directory: string;
  /** Signs everything that clients, API server and agents show one another. */
  readonly ca: StoredKeyPair;
  /** The certificate of `ca` alone, to be given away. */
  readonly caFile: string;
  /** Signs what etcd's members and the API server show one another. */
  readonly etcdCa: StoredKeyPair;
  readonly etcdCaFile: string;
  readonly certificates: Readonly<Record<IdentityName, StoredKeyPair>>;
  /** Signs ServiceAccount tokens: ECDSA P-256, PEM. */
  readonly serviceAccountKey: { privateKey: string; publicKey: string };
  /** Encrypt the Secrets in etcd. */
  readonly encryptionKeys: Keyring;
}

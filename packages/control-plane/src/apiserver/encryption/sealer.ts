import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { failure } from "../../errors.ts";
import type { Keyring } from "../../pki/keyring.ts";

/** Between values as they are meant and values as they are stored. */
export interface Sealer {
  seal(storeKey: string, value: Buffer): Buffer;
  /** Values from before encryption come back as they are. Throws STORE_UNDECRYPTABLE. */
  open(storeKey: string, stored: Buffer): Buffer;
  /** True when a value is not encrypted with the current key. */
  isStale(stored: Buffer): boolean;
}

/** `k8s:enc:aesgcm:v1:NAME:`, as kube-apiserver begins such values; then nonce, ciphertext and tag. */
const mark = "k8s:enc:aesgcm:v1:";
const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/**
 * AES-GCM with a random nonce. The key in etcd is authenticated with the value, so that nobody who can write to etcd can
 * put one Secret in the place of another.
 */
export function createSealer(keyring: Keyring): Sealer {
  const currentMark = Buffer.from(`${mark}${keyring.current.name}:`);
  return {
    seal(storeKey, value) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, keyring.current.bytes, nonce);
      cipher.setAAD(Buffer.from(storeKey));
      return Buffer.concat([currentMark, nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
    },
    open(storeKey, stored) {
      if (!startsWith(stored, Buffer.from(mark))) return stored;
      const end = stored.indexOf(":", mark.length);
      const name = stored.subarray(mark.length, Math.max(end, mark.length)).toString("latin1");
      const key = keyring.keys.find((one) => one.name === name);
      if (!key) throw undecryptable(storeKey, `its key ${JSON.stringify(name)} is not in the key file`);
      const nonce = stored.subarray(end + 1, end + 1 + nonceBytes);
      const tag = stored.subarray(-tagBytes);
      const sealed = stored.subarray(end + 1 + nonceBytes, -tagBytes);
      try {
        const decipher = createDecipheriv(algorithm, key.bytes, nonce, { authTagLength: tagBytes });
        decipher.setAAD(Buffer.from(storeKey));
        decipher.setAuthTag(tag);
        return Buffer.concat([decipher.update(sealed), decipher.final()]);
      } catch (cause) {
        throw undecryptable(storeKey, "it is damaged, or was stored under another name", cause);
      }
    },
    isStale: (stored) => !startsWith(stored, currentMark),
  };
}

function startsWith(bytes: Buffer, prefix: Buffer): boolean {
  return bytes.subarray(0, prefix.length).equals(prefix);
}

function undecryptable(storeKey: string, why: string, cause?: unknown): Error {
  return failure("STORE_UNDECRYPTABLE", `${storeKey} cannot be decrypted: ${why}`, { cause });
}

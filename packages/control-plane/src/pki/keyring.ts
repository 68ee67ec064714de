import { randomBytes } from "node:crypto";
import { link, unlink } from "node:fs/promises";
import { errnoOf, readTextIfExists, writeFileAtomic } from "@drydock/kit";
import { failure } from "../errors.ts";

/** The keys of secrets at rest, AES-256. The first one encrypts; all of them decrypt. */
export interface Keyring {
  readonly current: Key;
  readonly keys: readonly Key[];
}

export interface Key {
  /** Stands before every value that it encrypted. */
  readonly name: string;
  readonly bytes: Buffer;
}

const keyBytes = 32;
const line = /^([a-z0-9][a-z0-9-]{0,62}) ([A-Za-z0-9+/]{43}=)$/;

const head = `# Keys of the Secrets in etcd: a name and 32 bytes in base64 on each line. Whoever has them can read every Secret of an
# etcd snapshot; without them no Secret can be read. The first key encrypts, all of them decrypt. To rotate, put a line
# with a new key first (name it anew, e.g. \`key-2 $(openssl rand -base64 32)\`) and restart the API servers: each encrypts
# what has an older key again, and says so in its log. Then the old line may go. With several API servers, let all of them
# know the new key as the second line before it becomes the first.
`;

/** Reads a key file. Throws ENCRYPTION_KEYS_UNUSABLE, which never quotes a key. */
export function parseKeyring(text: string, file: string): Keyring {
  const keys = new Map<string, Key>();
  for (const [index, raw] of text.split("\n").entries()) {
    const content = raw.trim();
    if (content === "" || content.startsWith("#")) continue;
    const [, name, secret] = line.exec(content) ?? [];
    const bytes = Buffer.from(secret ?? "", "base64");
    if (name === undefined || bytes.length !== keyBytes) throw unusable(file, `line ${index + 1} is not "NAME KEY"`);
    if (keys.has(name)) throw unusable(file, `line ${index + 1}: the name ${name} is taken`);
    keys.set(name, { name, bytes });
  }
  const [current] = keys.values();
  if (!current) throw unusable(file, "it has no key");
  return { current, keys: [...keys.values()] };
}

/** Reads the key file of a cluster, and makes it at the first start; of several that make it at once one wins. */
export async function ensureKeyring(file: string): Promise<Keyring> {
  const text = (await readTextIfExists(file)) ?? (await makeFile(file));
  return parseKeyring(text, file);
}

async function makeFile(file: string): Promise<string> {
  const made = `${head}key-1 ${randomBytes(keyBytes).toString("base64")}\n`;
  const beside = `${file}.${randomBytes(6).toString("hex")}`;
  await writeFileAtomic(beside, made, 0o600);
  try {
    await link(beside, file);
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  } finally {
    await unlink(beside);
  }
  return (await readTextIfExists(file)) ?? made;
}

function unusable(file: string, why: string): Error {
  return failure("ENCRYPTION_KEYS_UNUSABLE", `${file} cannot be used: ${why}`, {
    details: { file },
    hint: "restore it from a backup: without its keys the cluster's Secrets cannot be read",
  });
}

import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { ensureKeyring, parseKeyring } from "../../pki/keyring.ts";
import { createSealer } from "./sealer.ts";

const line = (name: string) => `${name} ${randomBytes(32).toString("base64")}\n`;
const [one, two] = [line("key-1"), line("key-2")];
const value = Buffer.from("a value that nobody is to see");

t.test("sealed values show nothing, differ each time, and open under their own key only", async (t) => {
  const sealer = createSealer(parseKeyring(one, "f"));
  const sealed = sealer.seal("/registry/secrets/default/a", value);
  t.equal(sealed.subarray(0, 24).toString(), "k8s:enc:aesgcm:v1:key-1:");
  t.notOk(sealed.includes("nobody"));
  t.notSame(sealer.seal("/registry/secrets/default/a", value), sealed);
  t.same(sealer.open("/registry/secrets/default/a", sealed), value);
  t.throws(() => sealer.open("/registry/secrets/default/b", sealed), { code: "STORE_UNDECRYPTABLE" }, "moved");
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] as number) ^ 1;
    // Without its mark it is no sealed value any more, and no JSON either.
    if (at < 18) t.same(sealer.open("/registry/secrets/default/a", changed), changed);
    else
      t.throws(
        () => sealer.open("/registry/secrets/default/a", changed),
        { code: "STORE_UNDECRYPTABLE" },
        `byte ${at}`,
      );
  }
  for (const end of [18, 24, 30, 50]) {
    t.throws(() => sealer.open("/registry/secrets/default/a", sealed.subarray(0, end)), {
      code: "STORE_UNDECRYPTABLE",
    });
  }
});

t.test("rotation: the first key seals, all open, what is older is stale", async (t) => {
  const before = createSealer(parseKeyring(one, "f"));
  const after = createSealer(parseKeyring(two + one, "f"));
  const sealed = before.seal("/k", value);
  t.same(after.open("/k", sealed), value);
  t.ok(after.isStale(sealed));
  t.notOk(after.isStale(after.seal("/k", value)));
  t.ok(after.isStale(value), "plain text is stale, too");
  t.same(after.open("/k", value), value, "and is read as it is");
  t.throws(() => before.open("/k", after.seal("/k", value)), {
    code: "STORE_UNDECRYPTABLE",
    message: /key "key-2" is not in/,
  });
});

t.test("a key file that is damaged is refused without quoting it", async (t) => {
  for (const text of ["", "# nothing\n", "key-1 short\n", "KEY x\n", one + one]) {
    t.throws(() => parseKeyring(text, "/f"), { code: "ENCRYPTION_KEYS_UNUSABLE", message: /^\/f cannot be used: / });
  }
  const secret = randomBytes(31).toString("base64");
  try {
    parseKeyring(`key-1 ${secret}`, "/f");
  } catch (error) {
    t.notOk((error as Error).message.includes(secret));
  }
});

t.test("the key file is made once, for its owner alone, however many make it", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "drydock-keys-"));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, "encryption.keys");
  const rings = await Promise.all([1, 2, 3, 4].map(() => ensureKeyring(file)));
  t.equal(new Set(rings.map(({ current }) => current.bytes.toString("hex"))).size, 1);
  t.equal((await stat(file)).mode & 0o777, 0o600);
  t.match(await readFile(file, "utf8"), /^# Keys of the Secrets/);
});

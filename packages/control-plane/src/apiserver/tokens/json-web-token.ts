import { createHash, createPublicKey, type KeyObject, sign, verify } from "node:crypto";

/** RFC 7519, 7515 with the one algorithm that our keys are for: what a token's header says of it decides nothing. */
const algorithm = "ES256";
const ieee = "ieee-p1363";

export type Claims = Readonly<Record<string, unknown>>;

/** Signs claims with an ECDSA P-256 key. */
export function signToken(claims: Claims, privateKey: KeyObject): string {
  const header = { alg: algorithm, typ: "JWT", kid: keyId(createPublicKey(privateKey)) };
  const text = `${encode(header)}.${encode(claims)}`;
  const signature = sign("sha256", Buffer.from(text), { key: privateKey, dsaEncoding: ieee });
  return `${text}.${signature.toString("base64url")}`;
}

/** The claims of a token that this key signed; undefined for everything else. */
export function verifyToken(token: string, publicKey: KeyObject): Claims | undefined {
  const [header, payload, signature, ...rest] = token.split(".");
  if (!header || !payload || !signature || rest.length > 0) return undefined;
  if (decode(header)?.alg !== algorithm) return undefined;
  const signed = Buffer.from(`${header}.${payload}`);
  const given = Buffer.from(signature, "base64url");
  if (!verify("sha256", signed, { key: publicKey, dsaEncoding: ieee }, given)) return undefined;
  return decode(payload);
}

/** Names a key: the hash of its DER form, as kube-apiserver has it. */
export function keyId(publicKey: KeyObject): string {
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("base64url");
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function decode(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Claims) : undefined;
  } catch {
    // Whatever it is, it is no token of ours.
    return undefined;
  }
}

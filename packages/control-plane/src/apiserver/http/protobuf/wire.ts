import { badRequest } from "../../status/refusals.ts";

/** One field of a message as it is on the wire: a number, or bytes whose meaning depends on the schema. */
export interface WireField {
  number: number;
  value: bigint | Buffer;
}

/**
 * The fields of a protobuf message in the order in which they were written (protobuf.dev/programming-guides/encoding).
 * Throws REQUEST_BAD when the bytes are none.
 */
export function* wireFields(bytes: Buffer): Generator<WireField> {
  let at = 0;

  function varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw malformed();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw malformed();
  }

  function take(length: number): Buffer {
    if (length < 0 || length > bytes.length - at) throw malformed();
    at += length;
    return bytes.subarray(at - length, at);
  }

  while (at < bytes.length) {
    const tag = Number(varint());
    const number = Math.floor(tag / 8);
    if (number < 1) throw malformed();
    switch (tag & 7) {
      case 0:
        yield { number, value: varint() };
        break;
      case 1:
        yield { number, value: take(8) };
        break;
      case 2:
        yield { number, value: take(Number(varint())) };
        break;
      case 5:
        yield { number, value: take(4) };
        break;
      default:
        throw malformed();
    }
  }
}

/** The numbers of a packed list. */
export function packedNumbers(bytes: Buffer): bigint[] {
  const numbers: bigint[] = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80 && shift < 70n) continue;
    numbers.push(BigInt.asIntN(64, value));
    value = 0n;
    shift = 0n;
  }
  return numbers;
}

export function malformed(): Error {
  return badRequest("the body of the request is not a protobuf object: it is damaged or cut off");
}

/** A half-open range of keys, [key, rangeEnd), as etcd takes it. */
export interface KeyRange {
  key: Buffer;
  rangeEnd: Buffer;
}

/** etcd reads a range end of one zero byte as "no end". */
const NO_END = Buffer.from([0]);

/** All keys that start with `prefix`; with `after`, only those that sort behind that key. */
export function keysWithPrefix(prefix: string, after?: string): KeyRange {
  // The smallest key behind K is K with a zero byte.
  const first = after === undefined ? prefix : `${after}\0`;
  return { key: first === "" ? Buffer.from([0]) : Buffer.from(first), rangeEnd: endOfPrefix(Buffer.from(prefix)) };
}

/** The first key that sorts behind every key with this prefix: the prefix with its last byte below 0xff raised by one. */
export function endOfPrefix(prefix: Buffer): Buffer {
  for (let length = prefix.length; length > 0; length--) {
    const byte = prefix[length - 1] as number;
    if (byte < 0xff) {
      const end = Buffer.from(prefix.subarray(0, length));
      end[length - 1] = byte + 1;
      return end;
    }
  }
  return NO_END;
}

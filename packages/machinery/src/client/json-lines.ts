const NEWLINE = 10;

/**
 * The lines of a byte stream as text, without empty ones. A line may span many chunks (an object of megabytes) and a
 * chunk may hold many lines: nothing is copied more than once.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  let pending: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      pending.push(chunk.subarray(start, end));
      start = end + 1;
      const line = textOf(pending);
      pending = [];
      if (line !== "") yield line;
    }
    if (start < chunk.length) pending.push(chunk.subarray(start));
  }
  const rest = textOf(pending);
  if (rest !== "") yield rest;
}

function textOf(parts: Uint8Array[]): string {
  const [first] = parts;
  if (first === undefined) return "";
  const whole = parts.length === 1 ? first : Buffer.concat(parts);
  return Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString("utf8").trim();
}

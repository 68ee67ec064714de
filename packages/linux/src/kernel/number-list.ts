/** The numbers of a list as the kernel writes and reads it: `0-3,7`. Undefined when it is none (cpuset(7), "List format"). */
export function parseNumberList(text: string): number[] | undefined {
  const numbers = new Set<number>();
  for (const part of text.trim().split(",")) {
    const found = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part.trim());
    if (!found) return undefined;
    const [first, last] = [Number(found[1]), Number(found[2] ?? found[1])];
    if (last < first) return undefined;
    for (let number = first; number <= last; number++) numbers.add(number);
  }
  return [...numbers].sort((a, b) => a - b);
}

/** Bit N set for each number N, in whole 8-byte words, as sched_setaffinity(2) and set_mempolicy(2) take it. */
export function numberMask(numbers: readonly number[]): Buffer {
  const words = Math.floor(Math.max(0, ...numbers) / 64) + 1;
  const bytes = Buffer.alloc(words * 8);
  for (const number of numbers) bytes[number >> 3] = (bytes[number >> 3] ?? 0) | (1 << (number & 7));
  return bytes;
}

import type { FileHandle } from "node:fs/promises";

const newline = 0x0a;

/**
 * Where the last `wanted` lines of a file begin, read from the end in blocks. `lines` is how many there are from that
 * position on: fewer than wanted when the file is shorter.
 */
export async function tailStart(file: FileHandle, wanted: number): Promise<{ position: number; lines: number }> {
  const { size } = await file.stat();
  if (wanted <= 0) return { position: size, lines: 0 };
  const block = Buffer.alloc(64 * 1024);
  let lines = 0;
  let end = size;
  while (end > 0) {
    const start = Math.max(0, end - block.length);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    for (let index = bytesRead - 1; index >= 0; index--) {
      if (block[index] !== newline) continue;
      // The newline that ends the file's last line begins no further one.
      if (start + index !== size - 1) {
        lines++;
        if (lines === wanted) return { position: start + index + 1, lines };
      }
    }
    end = start;
  }
  return { position: 0, lines: size === 0 ? 0 : lines + 1 };
}

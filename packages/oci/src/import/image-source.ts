import type { Descriptor } from "../types.ts";

/**
 * Files of an image archive, wherever they are: a directory or an unpacked tar. Names are relative with `/`, e.g.
 * `blobs/sha256/…`.
 */
export interface ArchiveFiles {
  /** Where it came from, for errors. */
  readonly path: string;
  /** A small file as text, or undefined when there is none with this name. */
  text(name: string): Promise<string | undefined>;
  /** Digest and size of a file, or undefined. May have to read it. */
  content(name: string): Promise<{ digest: string; size: number } | undefined>;
  read(name: string): AsyncIterable<Uint8Array>;
}

/** An image found in an archive, with a way to each of its blobs. */
export interface FoundImage {
  /** A manifest or an index. */
  root: Descriptor;
  /** Names of files that hold blobs, by digest; documents that only exist in memory are in `documents`. */
  fileOf(digest: string): string | undefined;
  documents: ReadonlyMap<string, string>;
}

export type EntryKind = "file" | "directory" | "symlink" | "hardlink" | "fifo" | "char-device" | "block-device";

const kinds: Partial<Record<string, EntryKind>> = {
  "0": "file",
  "1": "hardlink",
  "2": "symlink",
  "3": "char-device",
  "4": "block-device",
  "5": "directory",
  "6": "fifo",
  // "Contiguous file": no system that we know of makes a difference.
  "7": "file",
};

/**
 * What a typeflag stands for; undefined for types that a layer cannot contain. Before POSIX, a directory was a file
 * with a slash at its end.
 */
export function kindOf(typeflag: string, name: string): EntryKind | undefined {
  if (typeflag === "0" && name.endsWith("/")) return "directory";
  return kinds[typeflag];
}

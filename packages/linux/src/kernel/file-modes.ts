/** File types in a mode (inode(7)). */
export const fileType = { S_IFIFO: 0o010000, S_IFCHR: 0o020000, S_IFBLK: 0o060000, S_IFREG: 0o100000 } as const;

/** A device number as mknodat(2) takes it: 12 bits of major around 8 of the 20 bits of minor. */
export function deviceNumber(major: number, minor: number): number {
  return ((major & 0xfff) << 8) | (minor & 0xff) | ((minor & ~0xff) << 12);
}

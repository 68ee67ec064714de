/** Flags of mount(2) (include/uapi/linux/mount.h). */
export const mountFlags = {
  MS_RDONLY: 0x1,
  MS_NOSUID: 0x2,
  MS_NODEV: 0x4,
  MS_NOEXEC: 0x8,
  MS_REMOUNT: 0x20,
  MS_BIND: 0x1000,
  MS_REC: 0x4000,
  MS_UNBINDABLE: 0x20000,
  MS_PRIVATE: 0x40000,
  MS_SLAVE: 0x80000,
  MS_SHARED: 0x100000,
} as const;

export const MNT_DETACH = 2;

/** Flags of open_tree(2). */
export const openTreeFlags = {
  OPEN_TREE_CLONE: 0x1,
  OPEN_TREE_CLOEXEC: 0o2000000,
  AT_RECURSIVE: 0x8000,
  AT_EMPTY_PATH: 0x1000,
} as const;

/** Flags of move_mount(2): both sides are descriptors. */
export const moveMountFlags = {
  MOVE_MOUNT_F_EMPTY_PATH: 0x4,
  MOVE_MOUNT_T_SYMLINKS: 0x10,
  MOVE_MOUNT_T_EMPTY_PATH: 0x40,
} as const;

export const FSOPEN_CLOEXEC = 1;
export const FSMOUNT_CLOEXEC = 1;

/** Commands of fsconfig(2). */
export const fsconfigCommands = { FSCONFIG_SET_FLAG: 0, FSCONFIG_SET_STRING: 1, FSCONFIG_CMD_CREATE: 6 } as const;

/** Attributes of fsmount(2) and mount_setattr(2). */
export const mountAttributes = {
  MOUNT_ATTR_RDONLY: 0x1,
  MOUNT_ATTR_NOSUID: 0x2,
  MOUNT_ATTR_NODEV: 0x4,
  MOUNT_ATTR_NOEXEC: 0x8,
  MOUNT_ATTR_NOATIME: 0x10,
  MOUNT_ATTR_STRICTATIME: 0x20,
  MOUNT_ATTR_NODIRATIME: 0x80,
  MOUNT_ATTR_IDMAP: 0x100000,
  MOUNT_ATTR_NOSYMFOLLOW: 0x200000,
} as const;
/** The field that the three atime settings share; to change one, all its bits are cleared first. */
export const MOUNT_ATTR__ATIME = 0x70;

/** Struct mount_attr { u64 attr_set, attr_clr, propagation, userns_fd }; with MOUNT_ATTR_IDMAP the last is a descriptor of a user namespace. */
export const mountAttributeFields = { size: 32, userNamespace: 24 } as const;

export function mountAttributeBytes(set: number, clear: number, propagation = 0): Buffer {
  const bytes = Buffer.alloc(mountAttributeFields.size);
  bytes.writeBigUInt64LE(BigInt(set), 0);
  bytes.writeBigUInt64LE(BigInt(clear), 8);
  bytes.writeBigUInt64LE(BigInt(propagation), 16);
  return bytes;
}

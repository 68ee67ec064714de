/** Execution domains of personality(2) (include/uapi/linux/personality.h). */
export const personalities = { LINUX: 0, LINUX32: 0x8 } as const;

/** Operation of keyctl(2). */
export const KEYCTL_JOIN_SESSION_KEYRING = 1;

/** Operations of prctl(2) (include/uapi/linux/prctl.h). */
export const prctlOperations = {
  PR_SET_DUMPABLE: 4,
  PR_SET_KEEPCAPS: 8,
  PR_SET_NAME: 15,
  PR_CAPBSET_DROP: 24,
  PR_SET_CHILD_SUBREAPER: 36,
  PR_SET_NO_NEW_PRIVS: 38,
  PR_CAP_AMBIENT: 47,
} as const;

export const ambientOperations = { PR_CAP_AMBIENT_RAISE: 2, PR_CAP_AMBIENT_CLEAR_ALL: 4 } as const;

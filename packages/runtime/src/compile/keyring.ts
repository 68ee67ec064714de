import { named, type Step } from "@drydock/linux";

/**
 * Keys and tickets of the caller's session are not the container's: its processes share a session keyring of their own
 * (keyctl_join_session_keyring(3); a kernel without keys has none to share).
 */
export function joinKeyring(id: string): Step {
  return {
    name: "keyctl",
    args: [named("KEYCTL_JOIN_SESSION_KEYRING", 1), `_ses.${id}`],
    why: "the session keyring of the container: the caller's keys are not its own",
    onError: { ignore: "ENOSYS" },
  };
}

import { signalNumbers } from "@drydock/linux";

const forwarded = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;

export interface SignalForwarding {
  /** From now on there is somebody to tell; what came before is told now. */
  to(send: (signal: number) => void): void;
  stop(): void;
}

/** A signal to this command is one to what it runs, also one that comes while that is being started. */
export function forwardSignals(): SignalForwarding {
  const early: number[] = [];
  let tell = (signal: number): void => void early.push(signal);
  const listeners = forwarded.map((name) => [name, () => tell(signalNumbers[name])] as const);
  for (const [name, listener] of listeners) process.on(name, listener);
  return {
    to(send) {
      tell = send;
      for (const signal of early.splice(0)) send(signal);
    },
    stop() {
      for (const [name, listener] of listeners) process.off(name, listener);
    },
  };
}

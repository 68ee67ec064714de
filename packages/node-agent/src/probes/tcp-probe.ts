import { connect } from "node:net";
import type { ProbeOutcome } from "./probe-state.ts";

/** Success when the connection is accepted. */
export function tcpProbe(host: string, port: number, timeoutMs: number): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (outcome: ProbeOutcome) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(() => end({ ok: false, message: `dial tcp ${host}:${port}: i/o timeout` }), timeoutMs);
    socket.once("connect", () => end({ ok: true, message: "" }));
    socket.once("error", (error) => end({ ok: false, message: `dial tcp ${host}:${port}: ${error.message}` }));
  });
}

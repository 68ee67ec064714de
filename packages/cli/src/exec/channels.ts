/**
 * The WebSocket subprotocol of exec and attach: each message begins with the number of its channel.
 * https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/streaming/pkg/httpstream/wsstream/doc.go
 */
export const subprotocol = "v5.channel.k8s.io";

export const channels = {
  stdin: 0,
  stdout: 1,
  stderr: 2,
  /** One Status as JSON when the command has ended. */
  error: 3,
  /** `{"Width":80,"Height":24}`. */
  resize: 4,
  /** v5: the next byte is the channel that the sender has closed. */
  close: 255,
} as const;

export function message(channel: number, data: Uint8Array | string): Buffer {
  return Buffer.concat([Buffer.of(channel), Buffer.from(data as string)]);
}

/** What the Status on the error channel says. */
export type CommandEnd = { type: "exited"; code: number } | { type: "failed"; text: string };

/** Exit codes other than 0 come as reason NonZeroExitCode with the code among the causes. */
export function commandEnd(text: string): CommandEnd {
  const status = JSON.parse(text) as {
    status?: string;
    reason?: string;
    message?: string;
    details?: { causes?: { reason?: string; message?: string }[] };
  };
  if (status.status === "Success") return { type: "exited", code: 0 };
  const code = status.details?.causes?.find(({ reason }) => reason === "ExitCode")?.message;
  if (status.reason === "NonZeroExitCode" && code !== undefined) return { type: "exited", code: Number(code) };
  return { type: "failed", text: status.message ?? text };
}

export interface CallOptions {
  /** Keeps what the call makes from being collected: the id of a lease. */
  lease?: string;
  signal?: AbortSignal;
  /** Gives up with CONTAINERD_TIMEOUT after this many ms; two minutes unless stated, 0 for never. */
  timeoutMs?: number;
}

/** A call with one request and one answer. Rejects with one of this package's codes. */
export type Unary<Request, Response> = (request: Request, options?: CallOptions) => Promise<Response>;

/** A call with one request and a stream of answers; ends quietly when its signal is aborted. */
export type ServerStream<Request, Response> = (request: Request, options?: CallOptions) => AsyncIterable<Response>;

/** A call with a stream each way. */
export type BidiStream<Request, Response> = (options?: CallOptions) => Duplex<Request, Response>;

export interface Duplex<Request, Response> extends AsyncIterable<Response> {
  /** Resolves when the transport has taken the message. */
  send(request: Request): Promise<void>;
  /** No more requests. */
  end(): void;
  cancel(): void;
}

import { connect, createServer, type Socket } from "node:net";

/** A way to a member of etcd that can be bad. */
export interface EtcdProxy {
  readonly endpoint: string;
  /** Each piece is held that long in each direction, ms. */
  delayMs: number;
  /** What is asked reaches etcd, what it answers reaches nobody: so the fate of a write is unknown. */
  loseAnswers: boolean;
  /** All connections end when so many bytes more have come from etcd; then there is no such limit any more. */
  cutAfter: number;
  /** How many connections have been made. */
  readonly connections: number;
  /** Bytes that were thrown away by `loseAnswers`. */
  readonly lost: number;
  /** Ends all connections. New ones may be made. */
  cut(): void;
}

/** Listens on a free port; ends with the process. */
export async function etcdProxy(target: string): Promise<EtcdProxy> {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  const state = { delayMs: 0, loseAnswers: false, cutAfter: Number.POSITIVE_INFINITY, connections: 0, lost: 0 };

  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };

  /** In order, whatever `delayMs` becomes meanwhile. */
  function pass(from: Socket, to: Socket, see: (chunk: Buffer) => boolean): void {
    let last = Promise.resolve();
    from.on("data", (chunk: Buffer) => {
      const due = performance.now() + state.delayMs;
      last = last.then(async () => {
        const wait = due - performance.now();
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
        if (see(chunk) && !to.destroyed) to.write(chunk);
      });
    });
    from.on("error", () => {});
    from.on("close", () => {
      open.delete(from);
      void last.then(() => to.end());
    });
  }

  const server = createServer((client) => {
    state.connections += 1;
    const etcd = connect(Number(port), hostname);
    open.add(client).add(etcd);
    pass(client, etcd, () => true);
    pass(etcd, client, (chunk) => {
      if (state.loseAnswers) {
        state.lost += chunk.length;
        return false;
      }
      state.cutAfter -= chunk.length;
      if (state.cutAfter > 0) return true;
      state.cutAfter = Number.POSITIVE_INFINITY;
      cut();
      return false;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has no port");
  return Object.assign(state, { endpoint: `http://127.0.0.1:${address.port}`, cut });
}

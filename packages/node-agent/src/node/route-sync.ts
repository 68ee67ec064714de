import { type Logger, messageOf, runCommand } from "@drydock/kit";
import { ipBatch } from "@drydock/linux";
import type { Informer, Node } from "@drydock/machinery";
import { type Route, routeCommands, routeProtocol, wantedRoutes } from "./routes.ts";

export interface RouteSyncOptions {
  nodes: Informer<Node>;
  self: { name: string; address: string; podCidr: string };
  logger: Logger;
}

/** Keeps the kernel's routes to other nodes' pods as the Node objects say. What is there is read from the kernel each time. */
export class RouteSync {
  readonly #options: RouteSyncOptions;
  readonly #removeHandler: () => void;
  #again = false;
  #running: Promise<void> = Promise.resolve();
  #busy = false;
  #known = "";
  #stopped = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: RouteSyncOptions) {
    this.#options = options;
    this.#removeHandler = options.nodes.addHandler({
      added: () => this.#look(),
      updated: () => this.#look(),
      deleted: () => this.#look(),
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#removeHandler();
    clearTimeout(this.#retry);
    await this.#running;
  }

  /** Node objects change with every image and condition; only a change of the wanted routes costs anything. */
  #look(): void {
    const wanted = JSON.stringify(wantedRoutes(this.#options.nodes.list(), this.#options.self));
    if (wanted !== this.#known) this.#sync();
  }

  #sync(): void {
    this.#again = true;
    if (this.#busy || this.#stopped) return;
    this.#busy = true;
    this.#running = this.#work().finally(() => {
      this.#busy = false;
    });
  }

  async #work(): Promise<void> {
    const { nodes, self, logger } = this.#options;
    while (this.#again && !this.#stopped) {
      this.#again = false;
      const wanted = wantedRoutes(nodes.list(), self);
      try {
        const commands = routeCommands(await presentRoutes(), wanted);
        await ipBatch(commands);
        this.#known = JSON.stringify(wanted);
        logger.debug({ routes: wanted.length }, "routes to other nodes are set");
      } catch (error) {
        logger.error({ error: messageOf(error) }, "routes to other nodes could not be set, will be tried again");
        this.#retry = setTimeout(() => this.#sync(), 1_000);
      }
    }
  }
}

async function presentRoutes(): Promise<Route[]> {
  const text = await runCommand("ip", ["-j", "route", "show", "proto", String(routeProtocol)]);
  const routes = JSON.parse(text || "[]") as { dst?: string; gateway?: string }[];
  return routes.flatMap(({ dst, gateway }) => (dst && gateway ? [{ destination: dst, gateway }] : []));
}

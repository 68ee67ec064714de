import { X509Certificate } from "node:crypto";
import type { Clock, Logger } from "@drydock/kit";
import {
  type Client,
  type ClientCredentials,
  type Rotation,
  requestCertificate,
  startRotation,
} from "@drydock/machinery";
import { certificateFiles, writeCertificate } from "./certificate-files.ts";
import { clientOrder, servingOrder } from "./orders.ts";

export interface AgentCertificatesOptions {
  nodeName: string;
  address: string;
  /** Where renewed certificates are kept. */
  directory: string;
  client: ClientCredentials;
  serving: ClientCredentials;
  clock: Clock;
  logger: Logger;
}

/**
 * The two certificates of a node, renewed in time. Nothing that is under way is interrupted: a new client certificate is
 * shown by new connections, a new serving certificate to new ones.
 */
export class AgentCertificates {
  readonly #options: AgentCertificatesOptions;
  #client: ClientCredentials;
  #serving: ClientCredentials;
  #rotations: Rotation[] = [];

  constructor(options: AgentCertificatesOptions) {
    this.#options = options;
    this.#client = options.client;
    this.#serving = options.serving;
  }

  /** What a client of the API server shows now: another object after each renewal. */
  readonly credentials = (): ClientCredentials => this.#client;

  /** Says so when the client certificate has ended: the API server will only say "Unauthorized". */
  warnWhenEnded(): void {
    const { nodeName, clock, logger } = this.#options;
    const { validTo } = new X509Certificate(this.#client.cert);
    if (Date.parse(validTo) > clock.now()) return;
    logger.error(
      { endedAt: new Date(validTo).toISOString() },
      `the certificate of this node has ended, so the API server refuses it: join again (drydock token create --print-join-command; drydock join … --node-name ${nodeName}), then restart the agent; its pods run on`,
    );
  }

  /** The Node object must be there: serving certificates are for addresses that it states. */
  start(client: Client, served: (serving: ClientCredentials) => void): void {
    const { nodeName, address, directory, clock, logger } = this.#options;
    const files = certificateFiles(directory);
    this.#rotations = [
      startRotation({
        name: "client",
        current: () => this.#client.cert,
        renew: async (signal) => {
          const next = await requestCertificate(client, clientOrder(nodeName), signal);
          await writeCertificate(files.client, next);
          this.#client = next;
        },
        clock,
        logger,
      }),
      startRotation({
        name: "serving",
        current: () => this.#serving.cert,
        renew: async (signal) => {
          const next = await requestCertificate(client, servingOrder(nodeName, address), signal);
          await writeCertificate(files.serving, next);
          this.#serving = next;
          served(next);
        },
        clock,
        logger,
      }),
    ];
  }

  async stop(): Promise<void> {
    await Promise.all(this.#rotations.map((rotation) => rotation.stop()));
  }
}

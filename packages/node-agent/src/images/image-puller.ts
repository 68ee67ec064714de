import { hasCode, messageOf } from "@drydock/kit";
import type { Container } from "@drydock/machinery";
import { agentError } from "../errors.ts";
import type { ImageService, NodeImage } from "../port/pod-runtime.ts";

/** What happened on the way, for events. */
export interface PullReport {
  pulling(): void;
  pulled(image: NodeImage, ms: number): void;
  present(): void;
}

/** Finds or pulls images by pull policy. Two containers that want the same image at the same time cause one pull. */
export class ImagePuller {
  readonly #images: ImageService;
  readonly #running = new Map<string, Promise<NodeImage>>();

  constructor(images: ImageService) {
    this.#images = images;
  }

  async ensure(container: Container, report: PullReport, signal: AbortSignal): Promise<NodeImage> {
    const reference = container.image ?? "";
    const policy = container.imagePullPolicy ?? "IfNotPresent";
    if (policy !== "Always") {
      const present = await this.#images.status(reference);
      if (present) {
        report.present();
        return present;
      }
    }
    if (policy === "Never") {
      throw agentError(
        "AGENT_IMAGE_MISSING",
        `container image "${reference}" is not present with pull policy of Never`,
        {
          hint: `put it on the node: drydock images import TAR --name ${reference} --cluster`,
        },
      );
    }
    const begin = performance.now();
    report.pulling();
    const image = await this.#pull(reference, signal);
    report.pulled(image, Math.round(performance.now() - begin));
    return image;
  }

  #pull(reference: string, signal: AbortSignal): Promise<NodeImage> {
    const running = this.#running.get(reference);
    if (running) return running;
    const pull = this.#images.pull(reference, signal).finally(() => this.#running.delete(reference));
    this.#running.set(reference, pull);
    return pull;
  }
}

/** kubelet's word for a pull that failed. */
export function pullFailureReason(error: unknown): string {
  if (hasCode(error, "AGENT_IMAGE_MISSING")) return "ErrImageNeverPull";
  if (hasCode(error, "IMAGE_BAD_REFERENCE")) return "InvalidImageName";
  return "ErrImagePull";
}

export function pullFailureMessage(reference: string, error: unknown): string {
  return hasCode(error, "AGENT_IMAGE_MISSING")
    ? messageOf(error)
    : `failed to pull image "${reference}": ${messageOf(error)}`;
}

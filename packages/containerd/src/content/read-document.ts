import type { CallOptions } from "../api/call.ts";
import type { Content } from "../api/content.ts";
import { containerdError } from "../errors.ts";

/** A manifest or config is never larger. */
const maxDocumentBytes = 4 * 1024 * 1024;

/** A small blob as text. The content store verified it when it was written. */
export async function readDocument(content: Content, digest: string, options: CallOptions = {}): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const { data } of content.read({ digest }, options)) {
    size += data.length;
    if (size > maxDocumentBytes) {
      throw containerdError(
        "CONTAINERD_BAD_CONTENT",
        `${digest} is larger than ${maxDocumentBytes} bytes, no document is`,
      );
    }
    parts.push(data);
  }
  return Buffer.concat(parts).toString();
}

import { Readable } from "node:stream";
import type { KubeObject } from "@drydock/machinery";
import type { FastifyReply } from "fastify";
import { stringify } from "yaml";
import type { Page } from "../registry/list.ts";
import { listFrame, renderObject, type View } from "../render/render.ts";

/** Longer lists are written piece by piece, so that they hold up no other request for more than a few ms. */
const wholeListLimit = 200;
const pieceMs = 4;

export function sendObject(reply: FastifyReply, view: View, object: KubeObject, code = 200): FastifyReply {
  return sendData(reply, renderObject(view, object), view.rendering.format, code);
}

/** Any answer that is not one of our objects: Status, Scale, discovery. */
export function sendData(
  reply: FastifyReply,
  data: object,
  format: "json" | "yaml" = "json",
  code = 200,
): FastifyReply {
  reply.code(code).header("content-type", `application/${format}`);
  // As bytes: Fastify rewrites the content type of texts, and clients compare it.
  return reply.send(Buffer.from(format === "json" ? `${JSON.stringify(data)}\n` : stringify(data)));
}

export function sendList(reply: FastifyReply, view: View, page: Page): FastifyReply {
  const { before, itemsField, item } = listFrame(view, page);
  if (view.rendering.format === "yaml" || page.items.length <= wholeListLimit) {
    return sendData(reply, { ...before, [itemsField]: page.items.map(item) }, view.rendering.format);
  }
  reply.header("content-type", "application/json");
  return reply.send(Readable.from(pieces(before, itemsField, page.items, item), { objectMode: false }));
}

async function* pieces(
  before: object,
  itemsField: string,
  items: readonly KubeObject[],
  item: (object: KubeObject) => object,
): AsyncGenerator<string> {
  let text = `${JSON.stringify(before).slice(0, -1)},"${itemsField}":[`;
  let start = performance.now();
  for (const [index, object] of items.entries()) {
    text += (index === 0 ? "" : ",") + JSON.stringify(item(object));
    if (performance.now() - start < pieceMs) continue;
    yield text;
    text = "";
    await new Promise((resolve) => setImmediate(resolve));
    start = performance.now();
  }
  yield `${text}]}\n`;
}

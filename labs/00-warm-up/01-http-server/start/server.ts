/**
 * node server.ts      listens on 127.0.0.1:$PORT, prints "listening" when it does
 *
 * GET /items/ID       reads $DATA/ID.json; 404 {"error": …} when there is none, 500 {"error": "internal error"} when it is broken
 * GET /slow?ms=N      works for N ms, unless the client goes away: then "cancelled" is logged
 * GET /ready          200, or 503 while the server is stopping
 *
 * Log, one JSON object a line on standard error: {"time", "message": "request", "id", "method", "path", "status", "ms"}, and for a failure
 * {"message": "request failed", "id", "error", "cause"}.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

const data = process.env.DATA ?? ".";

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? "/", "http://localhost");
  try {
    if (url.pathname.startsWith("/items/")) {
      response.end(readFileSync(`${data}/${url.pathname.slice("/items/".length)}.json`));
    } else if (url.pathname === "/slow") {
      await delay(Number(url.searchParams.get("ms")));
      response.end("done\n");
    } else {
      response.end("ok\n");
    }
  } catch (error) {
    response.statusCode = 500;
    response.end(String(error));
  }
});
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listening"));

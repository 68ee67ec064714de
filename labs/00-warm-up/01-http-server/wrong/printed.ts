// fails at answers: expected 200 and the file's content
import { createServer } from "node:http";

createServer((_request, response) => response.end('{"value":"w1"}')).listen(Number(process.env.PORT), "127.0.0.1", () =>
  console.log("listening"),
);

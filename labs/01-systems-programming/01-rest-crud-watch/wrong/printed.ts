// fails at crud: expected 201
import { createServer } from "node:http";

createServer((_request, response) => response.end('{"kind":"List","items":[]}')).listen(
  Number(process.env.PORT),
  "127.0.0.1",
  () => console.log("listening"),
);

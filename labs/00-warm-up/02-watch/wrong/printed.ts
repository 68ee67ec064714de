// fails at revisions: three changes have the revisions
import { createServer } from "node:http";

createServer((_request, response) => response.end('{"revision":3,"items":{},"events":[]}')).listen(
  Number(process.env.PORT),
  "127.0.0.1",
  () => console.log("listening"),
);

// fails at ready: /readyz is 200
import { createServer } from "node:http";

createServer((_request, response) => response.end('{"status":"ok"}')).listen(
  Number(process.env.PORT),
  "127.0.0.1",
  () => console.log("listening"),
);

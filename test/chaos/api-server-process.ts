/** An API server in a process of its own, so that it can be killed: argv[2] is its configuration as JSON. */
import { ensurePki, startApiServer } from "@drydock/control-plane";

export interface ServerConfiguration {
  pki: string;
  endpoints: string[];
  tls: { ca: string; cert: string; key: string };
  port: number;
}

const { pki, endpoints, tls, port } = JSON.parse(process.argv[2] ?? "") as ServerConfiguration;
const server = await startApiServer({
  etcd: { endpoints, tls },
  listen: [{ host: "127.0.0.1", port }],
  pki: await ensurePki(pki, { hosts: [] }),
});
process.send?.({ url: server.url });
process.once("SIGTERM", () => void server.close().then(() => process.exit(0)));
// Who started it is gone.
process.once("disconnect", () => process.exit(1));

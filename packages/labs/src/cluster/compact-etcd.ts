import { request } from "node:https";
import { json } from "node:stream/consumers";

interface Tls {
  ca: string;
  cert: string;
  key: string;
}

/** Makes etcd forget every revision but the present one, over the JSON gateway of its v3 API (Documentation/dev-guide/api_grpc_gateway). */
export async function compactAll(endpoint: string, tls: Tls): Promise<void> {
  // A read of a key that is not there says at which revision it was made.
  const { header } = await call(endpoint, tls, "range", { key: Buffer.from("-").toString("base64") });
  await call(endpoint, tls, "compaction", { revision: header.revision, physical: true });
}

function call(
  endpoint: string,
  tls: Tls,
  method: "range" | "compaction",
  body: unknown,
): Promise<{ header: { revision: string } }> {
  return new Promise((resolve, reject) => {
    const path = method === "range" ? "/v3/kv/range" : "/v3/kv/compaction";
    const sent = request(`${endpoint}${path}`, { ...tls, method: "POST", agent: false }, (response) => {
      if (response.statusCode === 200) resolve(json(response) as Promise<{ header: { revision: string } }>);
      else reject(new Error(`etcd answered ${method} with ${response.statusCode}`));
    });
    sent.on("error", reject);
    sent.end(JSON.stringify(body));
  });
}

import t from "tap";
import { endpointOf, isLoopback } from "./endpoint.ts";

t.test("TLS everywhere but on this machine and where it was said", async (t) => {
  const origin = (registry: string, options = {}) => endpointOf(registry, options).origin;
  t.equal(origin("docker.io"), "https://registry-1.docker.io");
  t.equal(origin("ghcr.io"), "https://ghcr.io");
  t.equal(origin("localhost:5000"), "http://localhost:5000");
  t.equal(origin("127.0.0.1:5000", { hasCa: true }), "https://127.0.0.1:5000", "a CA was given for a reason");
  t.equal(origin("10.0.0.1:5000"), "https://10.0.0.1:5000");
  t.equal(origin("10.0.0.1:5000", { insecureRegistries: ["10.0.0.1:5000"] }), "http://10.0.0.1:5000");
  t.equal(origin("10.0.0.1:5001", { insecureRegistries: ["10.0.0.1:5000"] }), "https://10.0.0.1:5001");
});

t.test("loopback", async (t) => {
  for (const host of ["localhost", "localhost:80", "127.0.0.1", "127.1.2.3:5000", "[::1]:5000"])
    t.ok(isLoopback(host), host);
  for (const host of ["127.0.0.1.example.com", "localhost.example.com", "128.0.0.1", "127.0.0.1x"])
    t.notOk(isLoopback(host), host);
});

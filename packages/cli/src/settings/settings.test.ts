import t from "tap";
import { layerOfConfig } from "./config-file.ts";
import { mergeSettings } from "./settings.ts";

const config = (values: object) => layerOfConfig({ apiVersion: "drydock.dev/v1", kind: "Config", ...values }, "c.yaml");

t.test("the first layer that has a value wins", async (t) => {
  const flags = { nodes: { value: "5", from: "--nodes" } };
  const variables = { nodes: { value: "4", from: "DRYDOCK_NODES" }, port: { value: "7000", from: "DRYDOCK_PORT" } };
  const file = config({ nodes: 3, port: 6000, namespace: "team" });
  t.match(mergeSettings([flags, variables, file], "/home/u/.drydock"), { nodes: 5, port: 7000, namespace: "team" });
  t.match(mergeSettings([{}, {}, file], "/home/u/.drydock"), { nodes: 3, port: 6000 });
});

t.test("the kubeconfig follows the data directory", async (t) => {
  t.match(mergeSettings([], "/home/u/.drydock"), {
    dataDir: "/home/u/.drydock",
    kubeconfig: "/home/u/.drydock/kubeconfig",
  });
  const other = mergeSettings([{ dataDir: { value: "/data", from: "--data-dir" } }], "/home/u/.drydock");
  t.equal(other.kubeconfig, "/data/kubeconfig");
});

t.test("a value that does not fit says where it came from", async (t) => {
  const merge = (name: string, value: unknown, from: string) => () =>
    mergeSettings([{ [name]: { value, from } }], "/home");
  t.throws(merge("nodes", "0", "--nodes"), { code: "CONFIG_INVALID", message: /^--nodes: "0" is not a number/ });
  t.throws(merge("nodes", "3.5", "--nodes"), { code: "CONFIG_INVALID" });
  t.throws(merge("port", "65536", "DRYDOCK_PORT"), { code: "CONFIG_INVALID", message: /^DRYDOCK_PORT/ });
  t.throws(merge("network", "10.1.2.0/24", "--network"), { code: "CONFIG_INVALID", hint: /10\.88\.0\.0\/16/ });
  t.throws(merge("runtime", "docker", "--runtime"), { code: "CONFIG_INVALID" });
});

t.test("the file", async (t) => {
  t.same(config({ nodes: 3 }), { nodes: { value: 3, from: "c.yaml: nodes" } });
  t.throws(() => config({ node: 3 }), { code: "CONFIG_INVALID", hint: "did you mean nodes?" });
  t.throws(() => layerOfConfig({ nodes: 3 }, "c.yaml"), { code: "CONFIG_INVALID", hint: /apiVersion/ });
  t.throws(() => layerOfConfig([], "c.yaml"), { code: "CONFIG_INVALID" });
});

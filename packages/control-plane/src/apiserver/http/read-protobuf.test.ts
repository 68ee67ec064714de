import { builtinKinds, type JsonSchema, requestBodies, reviewKinds } from "@drydock/machinery";
import t from "tap";
import { membersOf } from "./protobuf/field-numbers.ts";
import { readProtobuf } from "./read-protobuf.ts";

/** What `kubectl certificate deny x` sends, byte for byte. */
const denial = Buffer.from(
  'k8s\0\n3\n\x16certificates.k8s.io/v1\x12\x19CertificateSigningRequest\x12\xbc\x01\n\x1c\n\x01x\x12\x00\x1a\x00"\x00*\x02u12\x0158\x00B\x08\x08\x90\xbb\x85\xd8\x06\x10\x00\x12?\n\x05hello\x12\x02jo\x1a\x00*\x0bclient auth:#kubernetes.io/kube-apiserver-client\x1a[\nY\n\x06Denied\x12\x0bKubectlDeny\x1a0This CSR was denied by kubectl certificate deny."\x08\x08\xc5\xd5\x85\xd8\x06\x10\x00*\x002\x04True\x1a\x00"\x00',
  "latin1",
);

t.test("a request as kubectl sends it", async (t) => {
  t.same(readProtobuf(denial), {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name: "x", uid: "u1", resourceVersion: "5", creationTimestamp: "2026-11-21T09:00:00Z" },
    spec: {
      request: Buffer.from("hello").toString("base64"),
      username: "jo",
      usages: ["client auth"],
      signerName: "kubernetes.io/kube-apiserver-client",
    },
    status: {
      conditions: [
        {
          type: "Denied",
          reason: "KubectlDeny",
          message: "This CSR was denied by kubectl certificate deny.",
          lastUpdateTime: "2026-11-21T09:56:21Z",
          status: "True",
        },
      ],
    },
  });
});

t.test("bytes that are none are refused, whatever they are", async (t) => {
  t.throws(() => readProtobuf(Buffer.from("{}")), { code: "REQUEST_BAD" });
  t.throws(() => readProtobuf(denial.subarray(0, 100)), { code: "REQUEST_BAD" });
  for (let at = 4; at < denial.length; at++) {
    const changed = Buffer.from(denial);
    changed[at] = (changed[at] as number) ^ 0xff;
    for (const bytes of [changed, denial.subarray(0, at)]) {
      try {
        readProtobuf(bytes);
      } catch (error) {
        t.match(error, { code: /^REQUEST_/ }, `byte ${at}`);
      }
    }
  }
});

t.test("kinds that are not read as protobuf are refused by media type", async (t) => {
  const other = Buffer.from(
    denial.toString("latin1").replace("CertificateSigningRequest", "CertificateSigningRequesX"),
    "latin1",
  );
  t.throws(() => readProtobuf(other), { code: "REQUEST_UNSUPPORTED_MEDIA_TYPE" });
});

/** Fields of schemas that the table of numbers lacks, by message. */
function withoutNumber(schema: JsonSchema, seen: Set<string>): string[] {
  const definition = schema["x-drydock-definition"] ?? "";
  const { properties, items, additionalProperties } = schema;
  const inner = [...Object.values(properties ?? {}), ...(items ? [items] : [])];
  if (typeof additionalProperties === "object") inner.push(additionalProperties);
  if (seen.has(definition) && definition !== "") return [];
  seen.add(definition);
  const missing: string[] = [];
  // Which resources there are is a map on the wire.
  if (properties && !definition.endsWith(".ContainerResources")) {
    const names = namesOf(definition);
    for (const name of Object.keys(properties)) if (!names.has(name)) missing.push(`${definition}.${name}`);
  }
  return [...missing, ...inner.flatMap((one) => withoutNumber(one, seen))];
}

function namesOf(definition: string): Set<string> {
  const names = new Set<string>();
  const prefix = definition.slice(0, definition.lastIndexOf("."));
  for (const { name, inline } of membersOf(definition)?.values() ?? []) {
    for (const one of inline ? namesOf(`${prefix}.${name}`) : [name]) names.add(one);
  }
  return names;
}

t.test("every field of a kind of Kubernetes has its number", async (t) => {
  const seen = new Set<string>();
  const wholes = new Set(["apiVersion", "kind", "stringData", "selfLink"]);
  for (const { group, kind, schema } of [...builtinKinds, ...reviewKinds, ...requestBodies]) {
    // A definition's schema contains itself, and is JSON to us: such bodies are refused by media type.
    if (group.endsWith("drydock.dev") || group === "apiextensions.k8s.io") continue;
    const missing = withoutNumber(schema, seen).filter((path) => !wholes.has(path.slice(path.lastIndexOf(".") + 1)));
    t.same(missing, [], kind);
  }
});

t.test("what is empty is left out, what is set to nothing is kept", async (t) => {
  const message = (...fields: [number, Buffer | number][]): Buffer =>
    Buffer.concat(
      fields.map(([number, value]) =>
        typeof value === "number"
          ? Buffer.from([number << 3, value])
          : Buffer.concat([Buffer.from([(number << 3) | 2, value.length]), value]),
      ),
    );
  const text = (value: string): Buffer => Buffer.from(value);
  const whole = (apiVersion: string, kind: string, ...fields: [number, Buffer | number][]): object => {
    const type = message([1, text(apiVersion)], [2, text(kind)]);
    return readProtobuf(Buffer.concat([text("k8s\0"), message([1, type], [2, message(...fields)])]));
  };
  t.same(
    whole(
      "v1",
      "ConfigMap",
      [1, message([1, text("settings")], [3, text("")])],
      [2, message([1, text("empty")], [2, text("")])],
      [2, message([1, text("__proto__")], [2, text("x")])],
      [4, 0],
    ),
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "settings" },
      data: JSON.parse('{"empty":"","__proto__":"x"}'),
      immutable: false,
    },
  );
  const container = message([1, text("c")], [8, message([1, message([1, text("cpu")], [2, message([1, text("1")])])])]);
  const volume = message([1, text("v")], [2, message([2, message()])]);
  t.same(whole("v1", "Pod", [1, message([1, text("p")])], [2, message([2, container], [1, volume], [4, 0], [11, 0])]), {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p" },
    spec: {
      containers: [{ name: "c", resources: { limits: { cpu: "1" } } }],
      volumes: [{ name: "v", emptyDir: {} }],
      terminationGracePeriodSeconds: 0,
    },
  });
  t.match(
    whole("v1", "Pod", [2, message([15, message([1, text("x")])])]),
    { spec: { imagePullSecrets: true } },
    "a field that is not supported is there by its name, to be refused",
  );
  t.same(whole("policy/v1", "DeleteOptions", [1, 0]), {
    apiVersion: "policy/v1",
    kind: "DeleteOptions",
    gracePeriodSeconds: 0,
  });
});

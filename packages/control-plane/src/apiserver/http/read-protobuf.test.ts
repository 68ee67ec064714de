import t from "tap";
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

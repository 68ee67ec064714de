import { type Static, Type } from "@sinclair/typebox";
import type { Kind } from "../kind.ts";
import { validateSigningRequest } from "./certificate-signing-request-rules.ts";
import { conditionFields } from "./condition.ts";
import {
  ageColumn,
  atomicList,
  dateTime,
  defineKind,
  definitions,
  int32,
  mapList,
  nameColumn,
  objectSchema,
  oneOf,
  text,
} from "./define.ts";
import { humanDuration } from "./human-duration.ts";

const type = { group: "certificates.k8s.io", version: "v1", kind: "CertificateSigningRequest" };
const certificates = definitions("io.k8s.api.certificates.v1");

const usages = [
  "any",
  "cert sign",
  "client auth",
  "code signing",
  "content commitment",
  "crl sign",
  "data encipherment",
  "decipher only",
  "digital signature",
  "email protection",
  "encipher only",
  "ipsec end system",
  "ipsec tunnel",
  "ipsec user",
  "key agreement",
  "key encipherment",
  "microsoft sgc",
  "netscape sgc",
  "ocsp signing",
  "s/mime",
  "server auth",
  "signing",
  "timestamping",
] as const;

const pemBytes = (description: string) => Type.String({ format: "byte", description });

const SpecSchema = certificates("CertificateSigningRequestSpec", "What is asked for, and by whom; never changes.", {
  request: pemBytes("The request (PKCS#10) as PEM, in base64."),
  signerName: text("Who is to sign, e.g. kubernetes.io/kube-apiserver-client-kubelet."),
  expirationSeconds: Type.Optional(int32("How long the certificate should be good for; the signer may say less.")),
  usages: Type.Optional(
    atomicList(oneOf(usages, "One use of the key."), "What the key is to be used for: client auth, server auth, …"),
  ),
  username: Type.Optional(text("Who asks; set by the server.")),
  uid: Type.Optional(text("The user's uid; set by the server.")),
  groups: Type.Optional(atomicList(Type.String(), "The user's groups; set by the server.")),
  extra: Type.Optional(
    Type.Unsafe<Record<string, string[]>>({
      type: "object",
      additionalProperties: { type: "array", items: { type: "string" }, description: "Values." },
      description: "What else is known of the user; set by the server.",
    }),
  ),
});

const ConditionSchema = certificates("CertificateSigningRequestCondition", "Approved, Denied or Failed.", {
  ...conditionFields,
  lastUpdateTime: Type.Optional(dateTime("When the condition was written last.")),
});

const StatusSchema = certificates("CertificateSigningRequestStatus", "What became of the request.", {
  conditions: Type.Optional(
    mapList(ConditionSchema, ["type"], "Approved or Denied (by the approval subresource), Failed."),
  ),
  certificate: Type.Optional(pemBytes("The certificate as PEM, in base64, once it has been signed.")),
});

const schema = objectSchema(type, "io.k8s.api.certificates.v1", "Asks for a certificate of the cluster.", {
  spec: SpecSchema,
  status: Type.Optional(StatusSchema),
});

export type CertificateSigningRequest = Static<typeof schema>;
export type SigningRequestCondition = Static<typeof ConditionSchema>;

/** The signers of Kubernetes that a cluster here has. */
export const signers = {
  /** Client certificates of people and programs; a person approves. */
  client: "kubernetes.io/kube-apiserver-client",
  /** Client certificates of node agents; approved by the approver. */
  nodeClient: "kubernetes.io/kube-apiserver-client-kubelet",
  /** Serving certificates of node agents; approved by the approver. */
  nodeServing: "kubernetes.io/kubelet-serving",
} as const;

export const CertificateSigningRequest: Kind<CertificateSigningRequest> = defineKind<CertificateSigningRequest>({
  ...type,
  plural: "certificatesigningrequests",
  namespaced: false,
  shortNames: ["csr"],
  subresources: ["approval", "status"],
  schema,
  columns: [
    nameColumn,
    ageColumn,
    {
      name: "SignerName",
      type: "string",
      description: "Who is to sign.",
      value: ({ spec }) => spec?.signerName ?? "",
    },
    { name: "Requestor", type: "string", description: "Who asks.", value: ({ spec }) => spec?.username ?? "" },
    {
      name: "RequestedDuration",
      type: "string",
      description: "How long the certificate should be good for.",
      value: ({ spec }) =>
        spec?.expirationSeconds === undefined ? "<none>" : humanDuration(spec.expirationSeconds * 1000),
    },
    { name: "Condition", type: "string", description: "What became of it.", value: conditionWord },
  ],
  selectableFields: { "spec.signerName": ({ spec }) => spec?.signerName ?? "" },
  validate: validateSigningRequest,
});

/** "Pending", "Approved,Issued", "Denied", as kubectl has it. */
function conditionWord({ status }: CertificateSigningRequest): string {
  const types = (status?.conditions ?? []).map((condition) => condition.type);
  const words = [...(types.includes("Approved") ? ["Approved"] : []), ...(types.includes("Denied") ? ["Denied"] : [])];
  if (words.length === 0) words.push("Pending");
  if (types.includes("Failed")) words.push("Failed");
  if (status?.certificate) words.push("Issued");
  return words.join(",");
}

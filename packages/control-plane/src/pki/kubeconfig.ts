export interface KubeconfigParts {
  /** `https://127.0.0.1:6443` */
  server: string;
  /** PEM texts. */
  ca: string;
  cert: string;
  key: string;
  clusterName: string;
  user: string;
  /** Namespace of the context; `default` unless stated. */
  namespace?: string;
}

/** A kubeconfig (client-go tools/clientcmd/api/v1, Config) with one context, as YAML. It holds a private key: write it 0600. */
export function kubeconfigFor(parts: KubeconfigParts): string {
  const { server, clusterName, user, namespace = "default" } = parts;
  const context = `${user}@${clusterName}`;
  // JSON strings are YAML strings, whatever they contain.
  const text = JSON.stringify;
  const data = (pem: string): string => Buffer.from(pem).toString("base64");
  return `apiVersion: v1
kind: Config
clusters:
- name: ${text(clusterName)}
  cluster:
    server: ${text(server)}
    certificate-authority-data: ${data(parts.ca)}
users:
- name: ${text(user)}
  user:
    client-certificate-data: ${data(parts.cert)}
    client-key-data: ${data(parts.key)}
contexts:
- name: ${text(context)}
  context:
    cluster: ${text(clusterName)}
    user: ${text(user)}
    namespace: ${text(namespace)}
current-context: ${text(context)}
`;
}

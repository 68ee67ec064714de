/** What is wrong with a name; empty when it is fine. Rules and words of k8s.io/apimachinery/pkg/util/validation. */
export type NameRule = (name: string) => string[];

const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomain = `${label}(\\.${label})*`;
const qualified = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const envVar = "[-._a-zA-Z][-._a-zA-Z0-9]*";

function rule(pattern: string, maxLength: number, text: string): NameRule {
  const expression = new RegExp(`^(?:${pattern})$`);
  return (name) => [
    ...(name.length > maxLength ? [`must be no more than ${maxLength} characters`] : []),
    ...(expression.test(name) ? [] : [text]),
  ];
}

/** Names of containers, volumes, namespaces: `web-1`. */
export const dnsLabel = rule(
  label,
  63,
  `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`,
);

/** Names of most objects: labels with dots between them. */
export const dnsSubdomain = rule(
  subdomain,
  253,
  `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`,
);

const qualifiedPart = rule(
  qualified,
  63,
  `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualified}')`,
);

/** Values of labels; may be empty. */
export const labelValue = rule(
  `(${qualified})?`,
  63,
  `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${qualified})?')`,
);

/** Names of environment variables. */
export const envVarName = rule(
  envVar,
  Number.MAX_SAFE_INTEGER,
  `a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '${envVar}')`,
);

/** Keys of ConfigMaps and Secrets: names of files. */
export const configMapKey: NameRule = (name) => [
  ...rule(
    "[-._a-zA-Z0-9]+",
    253,
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
  )(name),
  ...(name === "." || name === ".." ? [`must not be '${name}'`] : []),
];

/** Keys of labels and annotations, finalizers, names of resources: `name` or `example.com/name`. */
export const qualifiedName: NameRule = (name) => {
  const parts = name.split("/");
  if (parts.length > 2) {
    return [
      `a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualified}') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const [prefix, last] = parts.length === 2 ? parts : [undefined, parts[0]];
  const wrong = prefix === undefined ? [] : dnsSubdomain(prefix).map((text) => `prefix part ${text}`);
  return [...wrong, ...qualifiedPart(last ?? "")];
};

/** Names of ports: an IANA service name. */
export const portName: NameRule = (name) => {
  const wrong: string[] = [];
  if (name.length > 15) wrong.push("must be no more than 15 characters");
  if (!/^[-a-z0-9]+$/.test(name)) wrong.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (!/[a-z]/.test(name)) wrong.push("must contain at least one letter (a-z)");
  if (name.includes("--")) wrong.push("must not contain consecutive hyphens");
  if (name.startsWith("-") || name.endsWith("-")) wrong.push("must not begin or end with a hyphen");
  return wrong;
};

/** Names that only must fit into one segment of a URL, e.g. `system:node`. */
export const pathSegment: NameRule = (name) => {
  if (name === "." || name === "..") return [`may not be '${name}'`];
  const found = ["/", "%"].filter((character) => name.includes(character));
  return found.map((character) => `may not contain '${character}'`);
};

import { parseCidr } from "../network/cidr.ts";

/** One setting: where it may be written, and what it takes. */
export interface Definition<Value> {
  /** The flag, for messages. */
  flag?: string;
  /** The environment variable. */
  variable: string;
  /** Completes "… is not …". */
  expects: string;
  hint?: string;
  /** The value from a flag, variable or YAML scalar; undefined when it cannot be used. */
  parse: (value: unknown) => Value | undefined;
}

const logLevels = ["debug", "info", "warn", "error"] as const;
const runtimes = ["native", "containerd", "cri"] as const;

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function wholeNumber(least: number, most: number): (value: unknown) => number | undefined {
  return (value) => {
    const written = String(value);
    if (!/^\d+$/.test(written)) return undefined;
    const number = Number(written);
    return number >= least && number <= most ? number : undefined;
  };
}

function oneOf<const Choice extends string>(choices: readonly Choice[]): (value: unknown) => Choice | undefined {
  return (value) => choices.find((choice) => choice === value);
}

function define<Value>(definition: Definition<Value>): Definition<Value> {
  return definition;
}

/** Every setting. The key is also its name in the configuration file and, for flags, commander's. */
export const definitions = {
  dataDir: define({ flag: "--data-dir", variable: "DRYDOCK_DATA_DIR", expects: "a directory", parse: text }),
  kubeconfig: define({ flag: "--kubeconfig", variable: "DRYDOCK_KUBECONFIG", expects: "a file", parse: text }),
  namespace: define({ flag: "--namespace", variable: "DRYDOCK_NAMESPACE", expects: "a namespace", parse: text }),
  output: define({ flag: "--output", variable: "DRYDOCK_OUTPUT", expects: "an output format", parse: text }),
  nodes: define({
    flag: "--nodes",
    variable: "DRYDOCK_NODES",
    expects: "a number of nodes from 1 to 200",
    parse: wholeNumber(1, 200),
  }),
  port: define({
    flag: "--port",
    variable: "DRYDOCK_PORT",
    expects: "a port from 0 to 65535",
    hint: "0 takes any port that is free",
    parse: wholeNumber(0, 65535),
  }),
  network: define({
    flag: "--network",
    variable: "DRYDOCK_NETWORK",
    expects: "an IPv4 network of /16",
    hint: "write it like 10.88.0.0/16",
    parse: (value) => {
      const cidr = parseCidr(String(value));
      return cidr?.prefix === 16 ? String(value) : undefined;
    },
  }),
  runtime: define({
    flag: "--runtime",
    variable: "DRYDOCK_RUNTIME",
    expects: `one of ${runtimes.join(", ")}`,
    parse: oneOf(runtimes),
  }),
  logLevel: define({
    variable: "DRYDOCK_LOG_LEVEL",
    expects: `one of ${logLevels.join(", ")}`,
    parse: oneOf(logLevels),
  }),
};

export type LogLevel = (typeof logLevels)[number];
export type SettingName = keyof typeof definitions;

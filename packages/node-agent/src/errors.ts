import { defineErrors } from "@drydock/kit";

export const agentError = defineErrors({
  AGENT_BAD_ENV: "a variable of a container cannot be computed, e.g. it names a field that does not exist",
  AGENT_NO_SUCH_USER: "a container asks for a user or group that its image does not know",
  AGENT_UNSAFE_IMAGE_FILE: "a file of an image that the agent must read is not a plain file or too large",
  AGENT_NO_ADDRESS: "every address of the node's pod range is taken",
  AGENT_BAD_CIDR: "a pod range is not an IPv4 network that leaves room for pods",
  AGENT_IMAGE_MISSING: "an image is not on this node and the pull policy is Never",
  AGENT_NO_COMMAND: "neither the pod nor the image says what to run",
  AGENT_RUN_AS_ROOT: "a container must not run as root, but its image's user is root or unknown",
  AGENT_POD_NOT_FOUND: "the agent runs no such pod or container",
  AGENT_POD_NOT_EMPTY: "a pod cannot be forgotten while a container of it runs",
  AGENT_NOT_RUNNING: "the container exists but does not run",
  AGENT_BAD_REQUEST: "a request to the agent's server has a parameter that cannot be read",
  AGENT_FORBIDDEN: "a client of the agent is not the API server",
  AGENT_BAD_RECORD: "what was written down about a pod or container on disk cannot be read",
  AGENT_BAD_VOLUME: "a volume cannot be given to a container",
  AGENT_SOURCE_UNKNOWN: "a ConfigMap or Secret that a pod refers to could not be read in time",
  AGENT_NO_CERTIFICATE: "the certificates that a node got when it joined are not there or damaged",
  AGENT_NETWORK: "the network of the node or of a pod could not be set up",
  AGENT_CNI: "a CNI plugin is missing or could not do what it was asked for",
  AGENT_CNI_CONFIG: "there is no CNI configuration list that can be used",
});

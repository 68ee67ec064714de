import { defineErrors } from "@drydock/kit";

/** Every error code of this package, with when it happens. */
export const failure = defineErrors({
  API_BAD_REQUEST: "the API server cannot make sense of a request",
  API_UNAUTHORIZED: "the API server does not accept our certificate or token",
  API_FORBIDDEN: "the API server knows us and does not allow the request",
  API_NOT_FOUND: "the API server has no such object or resource",
  API_METHOD_NOT_ALLOWED: "the API server does not offer this verb for the resource",
  API_ALREADY_EXISTS: "an object that was to be created is there already",
  API_CONFLICT: "an object has changed since it was read, or another manager owns a field",
  API_EXPIRED: "the API server no longer has the revision that was asked for; list again",
  API_INVALID: "the API server found broken rules in an object; details.status names the fields",
  API_TOO_MANY_REQUESTS: "the API server asks us to slow down; details.retryAfterMs says for how long",
  API_REFUSED: "the API server refuses a request for another reason",
  API_UNAVAILABLE: "the API server is not reached, or fails to do its work",
  API_WATCH_IDLE: "a watch brought nothing for so long, not even a bookmark, that its connection is taken for dead",
  API_PROTOCOL: "the API server answers with something that is not what the protocol has",

  CERTIFICATE_DENIED: "a certificate that was asked for is denied; the message has the reason",
  CERTIFICATE_FAILED: "a certificate that was asked for is not signed, although it was approved",

  CLIENT_CONFIG_INVALID: "a kubeconfig cannot be read or lacks a part",
  CLIENT_CONFIG_DENIED: "a kubeconfig, or a file that it names, may not be read by this user",
  CLIENT_CONFIG_UNSUPPORTED: "a kubeconfig asks for a way of authentication that we do not have",

  QUANTITY_INVALID: "a text is not an amount such as 250m or 64Mi",
  SELECTOR_INVALID: "a label or field selector cannot be parsed",

  INFORMER_STOPPED: "an informer was stopped before its first list was complete",
  OWNER_CONFLICT: "an object that is to be owned already has another controller",
});

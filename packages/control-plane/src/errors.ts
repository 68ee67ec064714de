import { defineErrors } from "@drydock/kit";

/** Every error code of this package, with when it happens. Append yours beside those of the same part. */
export const failure = defineErrors({
  REQUEST_BAD: "the API server cannot read the request or its body",
  REQUEST_UNAUTHORIZED: "the API server does not know who asks",
  REQUEST_FORBIDDEN: "the API server knows who asks, and that they may not",
  REQUEST_NOT_FOUND: "there is no such object, resource or path",
  REQUEST_METHOD_NOT_ALLOWED: "the resource does not have this verb",
  REQUEST_NOT_ACCEPTABLE: "the server cannot answer in any of the media types that the client accepts",
  REQUEST_ALREADY_EXISTS: "an object of this name is there already",
  REQUEST_CONFLICT: "the object has changed since the client read it, or a precondition does not hold",
  REQUEST_EXPIRED: "the revision that the client asks for has been compacted",
  REQUEST_TOO_LARGE: "the body of the request is larger than the server takes",
  REQUEST_UNSUPPORTED_MEDIA_TYPE: "the server cannot read bodies of this media type",
  REQUEST_INVALID: "the object breaks rules of its kind",
  REQUEST_TOO_MANY: "too many requests are under way",
  REQUEST_UNAVAILABLE: "what the request needs cannot be reached now",
  REQUEST_TIMEOUT: "the server has not yet seen the revision that the client asks for",

  STORE_EXISTS: "a key that was to be created is there already",
  STORE_CONFLICT: "a key has changed since the revision that the writer knows",
  STORE_NOT_FOUND: "a key that was to be changed is not there",
  STORE_COMPACTED: "the history that a reader asks for is gone from etcd; list again",
  STORE_FUTURE_REVISION: "the revision that a reader asks for has not happened yet",
  STORE_UNAVAILABLE: "etcd does not answer; details.unknownFate tells that a write may have happened all the same",
  STORE_NO_SPACE: "etcd has reached its space quota and takes no more writes",
  STORE_TOO_LARGE: "a value is larger than etcd takes",
  STORE_REFUSED: "etcd refuses a request for another reason",
  STORE_UNDECRYPTABLE: "a value in etcd cannot be decrypted: its key is not known, or it was tampered with",
  STORE_CLOSED: "the store is used after it was closed",

  CACHE_EXPIRED: "the watch cache no longer has the events after the revision that a watcher asks for",
  CACHE_SLOW_CONSUMER: "a watcher did not take its events fast enough and was dropped",
  CACHE_BEHIND: "the watch cache did not reach the revision that a reader asks for in time",
  CACHE_CLOSED: "the watch cache has been closed",

  ETCD_MISSING: "the etcd program is not installed",
  ETCD_VERSION: "the etcd program is of a version that we cannot work with",
  ETCD_DATA_CORRUPT: "etcd cannot read its data directory",
  ETCD_DATA_VERSION: "the data directory was written by another version of etcd",
  ETCD_ALREADY_RUNNING: "another etcd runs on this data directory",
  ETCD_PORT_TAKEN: "the port that etcd is to listen on is in use",
  ETCD_START_FAILED: "etcd ended or did not become ready in time",
  ETCD_STOPPED: "a managed etcd ended by itself",

  ENCRYPTION_KEYS_UNUSABLE: "the file with the keys of Secrets at rest cannot be read",

  PKI_UNKNOWN_CERTIFICATE: "a certificate that is to be renewed is none of a control plane's",
  PKI_UNUSABLE: "a certificate or key on disk cannot be read, or does not belong to its authority",

  WORKLOAD_POD_CREATE_FAILED: "the API server does not take the pods that a workload needs",
  WORKLOAD_REVISION_COLLISION: "the name of a workload's new revision is taken; it is tried under another",
  WORKLOAD_GONE: "a workload was deleted while objects were being adopted for it",
});

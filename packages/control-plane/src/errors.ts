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
});

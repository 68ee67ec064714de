import { type DrydockError, errnoOf, messageOf } from "@drydock/kit";
import { imageError } from "../errors.ts";

/** The network, TLS or the registry itself failed, and trying again did not help. */
export function unreachable(registry: string, cause: unknown): DrydockError {
  return imageError("IMAGE_REGISTRY_UNREACHABLE", `registry ${registry} cannot be reached: ${messageOf(cause)}`, {
    cause,
    details: { registry, errno: errnoOf(cause) },
    hint: hintFor(cause),
  });
}

/** The code of a status that is final; undefined for a status that means success. */
export function statusError(registry: string, what: string, status: number, answer: string): DrydockError | undefined {
  if (status >= 200 && status < 300) return undefined;
  const said = registryMessage(answer);
  const details = { registry, status, ...(said === undefined ? {} : { answer: said }) };
  const suffix = said === undefined ? "" : `: ${said}`;
  switch (status) {
    case 401:
    case 403:
      return imageError("IMAGE_UNAUTHORIZED", `registry ${registry} does not let us read ${what}${suffix}`, {
        details,
        hint: "check the spelling of the image, and give the credentials of an account that may read it",
      });
    case 404:
      return imageError("IMAGE_UNKNOWN", `registry ${registry} has no ${what}${suffix}`, {
        details,
        hint: "check the spelling of the repository and the tag",
      });
    case 429:
      return imageError("IMAGE_REGISTRY_UNREACHABLE", `registry ${registry} wants fewer requests${suffix}`, {
        details,
        hint: "wait some minutes, or log in: accounts have higher limits",
      });
    default:
      return imageError("IMAGE_REGISTRY_UNREACHABLE", `registry ${registry} answered ${status} for ${what}${suffix}`, {
        details,
        hint: "try again later; if it stays, look at the registry's log",
      });
  }
}

/**
 * distribution-spec, "Error Codes": {"errors":[{"code":"…","message":"…"}]}. Anything else is a proxy's page and tells
 * a person little.
 */
function registryMessage(answer: string): string | undefined {
  try {
    const { errors } = JSON.parse(answer) as { errors?: { code?: unknown; message?: unknown }[] };
    const [first] = Array.isArray(errors) ? errors : [];
    const text = [first?.code, first?.message].filter((part) => typeof part === "string" && part !== "").join(" ");
    return text === "" ? undefined : text.slice(0, 300);
  } catch {
    return undefined;
  }
}

function hintFor(cause: unknown): string {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "";
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(code))
    return "give the certificate of the CA that signed the registry's, if you trust it";
  if (code === "EPROTO" || code.startsWith("ERR_SSL")) return "if the registry speaks plain HTTP, list it as insecure";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "check the name of the registry and the machine's DNS";
  if (code === "ECONNREFUSED") return "check the port, and that the registry runs";
  return "check the network, then try again";
}

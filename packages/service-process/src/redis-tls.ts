import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { X509Certificate } from "node:crypto";
import { ConfigurationError } from "@heddle/protocol";
import { z } from "zod";

/** Certificates for a Redis that is reached by `rediss://`. Files, because they are PEM texts of several lines. */
export const redisTlsVariables = {
  REDIS_TLS_CA_FILE: pemFile(),
  REDIS_TLS_CERT_FILE: pemFile(),
  REDIS_TLS_KEY_FILE: pemFile(),
  REDIS_TLS_SERVERNAME: z.string().optional(),
};

type Variables = z.output<z.ZodObject<typeof redisTlsVariables>> & { readonly REDIS_URL: string };

export interface RedisTls {
  /** Instead of the CAs that the system trusts. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Name that the certificate must have, where it is not the host of the URL. */
  readonly servername?: string;
}

/**
 * TLS options for `RedisConnectionOptions`; undefined when no variable is set. Throws `ConfigurationError` that names the
 * variable at fault: TLS that would not be used, a certificate without its key, or one that is none.
 */
export function redisTls(variables: Variables): RedisTls | undefined {
  const given = Object.entries(redisTlsVariables).flatMap(([name]) =>
    variables[name as keyof typeof redisTlsVariables] === undefined ? [] : [name],
  );
  const [first] = given;
  if (first === undefined) return undefined;
  if (!variables.REDIS_URL.startsWith("rediss://")) {
    throw fault(first, "is set, but REDIS_URL does not begin with rediss://, so nothing would be encrypted");
  }
  const {
    REDIS_TLS_CA_FILE: ca,
    REDIS_TLS_CERT_FILE: cert,
    REDIS_TLS_KEY_FILE: key,
    REDIS_TLS_SERVERNAME: servername,
  } = variables;
  if ((cert === undefined) !== (key === undefined)) {
    const [present, missing] = cert === undefined ? ["KEY", "CERT"] : ["CERT", "KEY"];
    throw fault(
      `REDIS_TLS_${missing}_FILE`,
      `is not set, and REDIS_TLS_${present}_FILE is; they need each other`,
    );
  }
  if (ca !== undefined) check("REDIS_TLS_CA_FILE", "holds no certificate", () => new X509Certificate(ca));
  if (cert !== undefined && key !== undefined) {
    check("REDIS_TLS_CERT_FILE", "and REDIS_TLS_KEY_FILE are no certificate and its key", () =>
      createSecureContext({ cert, key }),
    );
  }
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(servername === undefined ? {} : { servername }),
  };
}

function check(variable: string, problem: string, read: () => unknown): void {
  try {
    read();
  } catch (cause) {
    throw fault(variable, problem, cause);
  }
}

function fault(variable: string, problem: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(`${variable} ${problem}`, { cause, details: { field: variable } });
}

/** Its content; the path itself may be wrong, which is told under the variable's name. */
function pemFile() {
  return z
    .string()
    .transform((path, context) => {
      try {
        return readFileSync(path, "utf8");
      } catch (cause) {
        const { code = "unknown" } = cause as NodeJS.ErrnoException;
        context.addIssue({
          code: "custom",
          message: `is ${JSON.stringify(path)}, which cannot be read (${code})`,
        });
        return z.NEVER;
      }
    })
    .optional();
}

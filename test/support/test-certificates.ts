// Certificates as an operator makes them, with openssl.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

export interface Certificate {
  /** Paths of PEM files. */
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority with files in a folder of its own. */
export class TestAuthority {
  private constructor(
    private readonly folder: string,
    private readonly authority: Certificate,
  ) {}

  static async create(): Promise<TestAuthority> {
    const folder = await mkdtemp(join(tmpdir(), "heddle-ca-"));
    const authority = { cert: join(folder, "ca.pem"), key: join(folder, "ca.key") };
    const files = ["-keyout", authority.key, "-out", authority.cert];
    await run("openssl", ["req", "-x509", ...KEY, ...files, "-subj", "/CN=test authority", "-days", "2"]);
    return new TestAuthority(folder, authority);
  }

  /** Path of its own certificate. */
  get ca(): string {
    return this.authority.cert;
  }

  /** `names` in the form of openssl: `DNS:localhost,IP:127.0.0.1`. */
  async issue(name: string, options: { names?: string; days?: number } = {}): Promise<Certificate> {
    const { names = "DNS:localhost,IP:127.0.0.1", days = 1 } = options;
    const [cert, key, request, extensions] = ["pem", "key", "csr", "ext"].map((ending) =>
      join(this.folder, `${name}.${ending}`),
    ) as [string, string, string, string];
    await writeFile(extensions, `subjectAltName=${names}\n`);
    await run("openssl", ["req", "-new", ...KEY, "-keyout", key, "-out", request, "-subj", `/CN=${name}`]);
    const signer = ["-CA", this.authority.cert, "-CAkey", this.authority.key, "-CAcreateserial"];
    const output = ["-out", cert, "-days", String(days), "-extfile", extensions];
    await run("openssl", ["x509", "-req", "-in", request, ...signer, ...output]);
    return { cert, key };
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}

// The task of jwt_revalidation.ts and of hono_server.ts: JSON Web Tokens, signed with HMAC-SHA-256 by Web Crypto.

import { task } from "../mod.ts";

/** Times are seconds since 1970, as the standard has it. */
export interface Claims {
  readonly sub: string;
  readonly exp: number;
}

export type Verdict =
  | { readonly state: "valid"; readonly user: string }
  /** It was about to expire: here is a new one. */
  | { readonly state: "renewed"; readonly user: string; readonly token: string }
  | { readonly state: "expired" | "forged" };

export interface Question {
  readonly token: string;
  readonly secret: string;
  readonly now: number;
}

export const LIFETIME_SECONDS = 3600;
const RENEW_SECONDS = 600;
const HEADER = toBase64Url(JSON.stringify({ alg: "HS256", typ: "JWT" }));

/** Checks a token, and makes a new one if it expires within ten minutes. */
export const revalidate = task({
  f: async ({ token, secret, now }: Question): Promise<Verdict> => {
    const claims = await verify(token, secret);
    if (claims === undefined) return { state: "forged" };
    const { sub: user, exp } = claims;
    if (exp <= now) return { state: "expired" };
    if (exp > now + RENEW_SECONDS) return { state: "valid", user };
    const renewed = await sign({ sub: user, exp: now + LIFETIME_SECONDS }, secret);
    return { state: "renewed", user, token: renewed };
  },
});

export async function sign(claims: Claims, secret: string): Promise<string> {
  const signed = `${HEADER}.${toBase64Url(JSON.stringify(claims))}`;
  const signature = await crypto.subtle.sign("HMAC", await keyOf(secret), bytesOf(signed));
  return `${signed}.${toBase64Url(new Uint8Array(signature))}`;
}

/** What the token claims, if whoever signed it knew the secret. */
export async function verify(token: string, secret: string): Promise<Claims | undefined> {
  const [header, payload = "", signature = "", ...more] = token.split(".");
  if (header !== HEADER || more.length > 0) return undefined;
  const isGenuine = await crypto.subtle.verify(
    "HMAC",
    await keyOf(secret),
    Buffer.from(signature, "base64url"),
    bytesOf(`${header}.${payload}`),
  );
  return isGenuine ? JSON.parse(Buffer.from(payload, "base64url").toString()) : undefined;
}

/** Getting a key ready takes longer than using it. */
const keys = new Map<string, Promise<CryptoKey>>();

function keyOf(secret: string): Promise<CryptoKey> {
  let key = keys.get(secret);
  if (key === undefined) {
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    key = crypto.subtle.importKey("raw", bytesOf(secret), algorithm, false, ["sign", "verify"]);
    keys.set(secret, key);
  }
  return key;
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function toBase64Url(data: string | Uint8Array): string {
  return Buffer.from(data as string).toString("base64url");
}

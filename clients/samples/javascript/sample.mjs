// Calls a running sandbox with node 18 or later and nothing else: tokens, a question, a verification.
// 用 node 18 以上、不装任何依赖，调用演示沙箱：取令牌、按授权用途查询数据、核验文件。
//
//     node sample.mjs sandbox-data/sandbox.json
//
// A system proves itself with its own key. WebCrypto knows P-256 (ES256) and no SM2, so this is the sandbox's second
// client. 系统凭自己的密钥证明身份；WebCrypto 支持 P-256（ES256），不支持 SM2，因此使用沙箱的第二个接入方。
import { randomUUID, webcrypto } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";

const { subtle } = webcrypto;
const sandbox = JSON.parse(await readFile(process.argv[2], "utf8"));
const base64url = (data) => Buffer.from(data).toString("base64url");

/** Asks for JSON; a refusal is a problem document with a code, a cause and what to do. */
async function ask(path, options) {
  const response = await fetch(sandbox.url + path, { redirect: "error", ...options });
  const told = await response.json();
  if (!response.ok) throw new Error(`${told.code} (${response.status}): ${told.detail} ${told.fix}`);
  return told;
}

/** Gets a token by a signed assertion (private_key_jwt, RFC 7523): short, and new each time. */
async function tokenOf(client) {
  const pem = await readFile(client.private_key, "utf8");
  const pkcs8 = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  const key = await subtle.importKey("pkcs8", pkcs8, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
  const now = Math.floor(Date.now() / 1000);
  const header = { alg: "ES256", typ: "JWT", kid: client.kid };
  const claims = {
    iss: client.id, sub: client.id, aud: `${sandbox.url}/oauth/token`, jti: randomUUID(), iat: now, exp: now + 120,
  };
  const signed = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`;
  // WebCrypto gives r ‖ s, 64 bytes, as RFC 7518 3.4 wants it.
  const signature = await subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, Buffer.from(signed));
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: `${signed}.${base64url(signature)}`,
  });
  return (await ask("/oauth/token", { method: "POST", body })).access_token;
}

// 1. A token, good for ten minutes and many calls.
const token = await tokenOf(sandbox.clients[1]);

// 2. A question, for a purpose that is granted; the grant is found by the service.
const answer = await ask(`/api/v1/data/${sandbox.sharing.directory}`, {
  method: "POST",
  headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
  body: JSON.stringify({ purpose: { ...sandbox.purpose, grant_code: null }, limit: 1 }),
});
console.log("outcome 结果:", answer.outcome, answer.reason.zh);

// 3. A verification: anyone may, and the document is not kept.
const form = new FormData();
form.append("file", new Blob([await readFile(sandbox.documents[0])]), basename(sandbox.documents[0]));
const report = await ask("/api/v1/verifications", { method: "POST", body: form });
console.log("verdict 核验结论:", report.verdict, report.summary.zh);

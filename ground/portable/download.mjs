import { createHash } from "node:crypto";
import { createWriteStream, rmSync } from "node:fs";
import { get as getHttp } from "node:http";
import { get as getHttps } from "node:https";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

// A closed network mostly refuses at once; some swallow packets. An open one connects in well under a second.
const CONNECT_TIMEOUT_MS = 4_000;
// Between two pieces of an answer that has begun.
const STALL_TIMEOUT_MS = 30_000;
const MAX_REDIRECTS = 5;
const MAX_TEXT_BYTES = 1 << 20;

export async function downloadText(url) {
  const response = await request(url, MAX_REDIRECTS);
  const pieces = [];
  let size = 0;
  for await (const piece of response) {
    size += piece.length;
    if (size > MAX_TEXT_BYTES)
      throw new Error(`${url}: more than ${MAX_TEXT_BYTES} bytes, not a checksum list`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

export async function downloadVerified(url, checksumsUrl, file, onProgress) {
  const name = new URL(url).pathname.split("/").pop();
  const expected = findChecksum(await downloadText(checksumsUrl), name);
  if (!expected) throw new Error(`${checksumsUrl} has no SHA-256 for ${name}`);
  const response = await request(url, MAX_REDIRECTS);
  const total = Number(response.headers["content-length"]) || undefined;
  const hash = createHash("sha256");
  let received = 0;
  const meter = new Transform({
    transform(piece, _encoding, done) {
      hash.update(piece);
      received += piece.length;
      onProgress?.(received, total);
      done(null, piece);
    },
  });
  await pipeline(response, meter, createWriteStream(file));
  const actual = hash.digest("hex");
  if (actual !== expected) {
    rmSync(file, { force: true });
    throw new Error(`${url}: SHA-256 is ${actual}, the release says ${expected}`);
  }
  return expected;
}

export function findChecksum(text, name) {
  for (const line of text.split("\n")) {
    const match = /^([0-9a-f]{64})[ \t]+[*]?(?:\.\/)?(\S+)\s*$/i.exec(line);
    if (match && match[2] === name) return match[1].toLowerCase();
  }
  return undefined;
}

function request(url, redirectsLeft) {
  return new Promise((resolve, reject) => {
    const get = url.startsWith("https:") ? getHttps : getHttp;
    const fail = (error) => reject(new Error(`${url}: ${reasonOf(error)}`, { cause: error }));
    const call = get(url, { headers: { "user-agent": "slipway" } }, (response) => {
      clearTimeout(connecting);
      response.setTimeout(STALL_TIMEOUT_MS, () =>
        response.destroy(new Error(`no data for ${STALL_TIMEOUT_MS / 1000} s`)),
      );
      const { statusCode, headers } = response;
      if (statusCode >= 300 && statusCode < 400 && headers.location) {
        response.resume();
        if (redirectsLeft === 0) return fail(new Error(`more than ${MAX_REDIRECTS} redirects`));
        return resolve(request(new URL(headers.location, url).href, redirectsLeft - 1));
      }
      if (statusCode !== 200) {
        response.resume();
        return fail(new Error(`HTTP status ${statusCode}`));
      }
      resolve(response);
    });
    const connecting = setTimeout(
      () => call.destroy(new Error(`no answer in ${CONNECT_TIMEOUT_MS / 1000} s`)),
      CONNECT_TIMEOUT_MS,
    );
    call.on("error", (error) => {
      clearTimeout(connecting);
      fail(error);
    });
  });
}

const REASONS = {
  ENOTFOUND: "the name can't be looked up (no network?)",
  EAI_AGAIN: "the name can't be looked up (no network?)",
  ECONNREFUSED: "connection refused",
  ENETUNREACH: "network unreachable",
  EHOSTUNREACH: "host unreachable",
};
const reasonOf = (error) => REASONS[error.code] ?? error.message;

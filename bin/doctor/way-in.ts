import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { issueWayIn, WAY_IN_HEADER, WAY_IN_PATH, type WayIn } from '../../src/doctor/way-in.ts';
import { formatBytes } from '../../src/kinds/formats.ts';
import type { Secrets } from '../../src/signing/secret.ts';

const CONTINUES_WITHIN_MS = 1000;
const BLOCK = Buffer.alloc(1 << 18);

/** Why an address does not lead here, and what to do about it. */
export interface ClosedWay {
  fault: string;
  fix: string;
}

export interface WayInOptions {
  secrets: Secrets;
  /** How large a body is sent. */
  bytes: number;
  signal: AbortSignal;
}

/** Sends a body to a deployment at its public address, which throws it away; says what came of it. Never rejects. */
export async function tryWayIn(url: string, { secrets, bytes, signal }: WayInOptions): Promise<WayIn | ClosedWay> {
  const sent = { bytes: 0 };
  try {
    const token = await issueWayIn(secrets);
    const response = await send(`${url}${WAY_IN_PATH}`, { token, bytes, signal, sent });
    const body = await readText(response);
    return judge(response.statusCode ?? 0, body, { bytes, location: response.headers.location });
  } catch (error) {
    if (signal.aborted) {
      const fault = `${formatBytes(sent.bytes)} of ${formatBytes(bytes)} had gone when the time was over`;
      return { fault, fix: 'Look at the way to it: an upload of that size takes as long for everybody.' };
    }
    const { code, message } = error as NodeJS.ErrnoException;
    const certificate = /CERT|SIGNED|ALTNAME/i.test(code ?? '');
    return {
      fault: certificate ? `its certificate is refused (${code})` : `can not be reached (${code ?? message})`,
      fix: certificate
        ? 'Renew the certificate, or send the whole chain with it.'
        : 'Does the name lead to the proxy, does that run, and is its port open from here? Some routers let nobody in from inside.',
    };
  }
}

interface Body {
  token: string;
  bytes: number;
  signal: AbortSignal;
  sent: { bytes: number };
}

/** Sends it as curl does: a proxy that wants none of it says so before it comes. */
function send(url: string, { token, bytes, signal, sent }: Body): Promise<IncomingMessage> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  const headers = {
    [WAY_IN_HEADER]: token,
    'Content-Type': 'application/octet-stream',
    'Content-Length': bytes,
    Expect: '100-continue',
  };
  function* blocks() {
    while (sent.bytes < bytes) {
      const block = BLOCK.subarray(0, Math.min(BLOCK.length, bytes - sent.bytes));
      yield block;
      sent.bytes += block.length;
    }
  }
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', headers, signal });
    let isSending = false;
    const sendBody = () => {
      if (isSending || asked.destroyed) return;
      isSending = true;
      // Who answers early may end the connection; its answer is what counts.
      pipeline(Readable.from(blocks(), { objectMode: false }), asked).catch(() => {});
    };
    const timer = setTimeout(sendBody, CONTINUES_WITHIN_MS);
    asked.on('continue', sendBody);
    asked.on('response', (response) => {
      isSending = true;
      clearTimeout(timer);
      resolve(response);
    });
    asked.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    asked.flushHeaders();
  });
}

interface Asked {
  bytes: number;
  location: string | undefined;
}

function judge(status: number, body: string, { bytes, location }: Asked): WayIn | ClosedWay {
  if (status === 200) {
    const found = readWayIn(body);
    if (found?.bytes === bytes) return found;
    if (found) {
      const fault = `of ${formatBytes(bytes)} that were sent ${formatBytes(found.bytes)} came`;
      return { fault, fix: 'Something on the way cuts bodies: look at the proxy.' };
    }
  }
  if (status === 413) {
    const megabytes = Math.ceil(bytes / 1e6);
    const fix = `nginx: client_max_body_size ${megabytes}m; Caddy: request_body max_size ${megabytes}MB; or a smaller IMAGES_MAX_BYTES.`;
    return { fault: `a body of ${formatBytes(bytes)} is refused on the way (413)`, fix };
  }
  const fix = 'Let the proxy lead to this deployment, or correct PUBLIC_URL.';
  if (status === 401) return { fault: 'leads to a deployment with another secret (401)', fix };
  if (status >= 300 && status < 400) return { fault: `leads elsewhere (${status} to ${location})`, fix };
  if (status === 502 || status === 504)
    return {
      fault: `the proxy does not reach Heavylift (${status})`,
      fix: 'bin/heavylift status; and HOST and PORT in the proxy.',
    };
  return { fault: `something else answers there (${status})`, fix };
}

function readWayIn(body: string): WayIn | null {
  try {
    const { deployment, bytes, secure } = JSON.parse(body) as WayIn;
    return typeof bytes === 'number' ? { deployment, bytes, secure } : null;
  } catch {
    return null;
  }
}

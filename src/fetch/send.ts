import type { LookupAddress } from 'node:dns';
import type { IncomingHttpHeaders } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';

const CONNECT_TIMEOUT_MS = 10_000;
/** All response headers together. */
const MAX_HEADER_BYTES = 16 * 1024;

/** The methods that requests are sent with. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type Method = (typeof METHODS)[number];

/** A request as it goes over the wire. */
export interface WireRequest {
  method: Method;
  headers: Record<string, string>;
  body?: string | Readable;
  /** Called once the connection is there: from then on the request may have been read. */
  onConnect?: () => void;
}

/** An answer whose body is still coming; `close` ends the connection, however much of it was read. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Readable;
  close(): void;
}

/** Loads what requests are sent with; with the first one: a process that sends none starts a tenth sooner, and smaller. */
export const loadSender = () => import('undici');

/**
 * Sends one request over a connection of its own, to these addresses and no others: the name is in the Host header and
 * in the TLS handshake, but it is not resolved again. Nothing is followed, decompressed, or kept open afterwards.
 */
export async function sendRequest(
  url: URL,
  addresses: LookupAddress[],
  { method, headers, body = '', onConnect }: WireRequest,
  signal: AbortSignal,
): Promise<Answer> {
  signal.throwIfAborted();
  const { Client } = await loadSender();
  const client = new Client(url.origin, {
    connect: { lookup: pinTo(addresses), timeout: CONNECT_TIMEOUT_MS },
    autoSelectFamily: true,
    maxHeaderSize: MAX_HEADER_BYTES,
    // The signal limits the whole; a limit for each part would only blur the reason.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  if (onConnect) client.on('connect', onConnect);
  const close = () => void client.destroy().catch(() => {});
  try {
    const path = `${url.pathname}${url.search}`;
    const answer = await client.request({ path, method, headers, body: body || null, signal, reset: true });
    // A connection that breaks before anybody reads the body must not end the process; whoever reads later is told.
    answer.body.on('error', () => {});
    return { status: answer.statusCode, headers: answer.headers, body: answer.body, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** A resolver that knows one answer. */
function pinTo(addresses: LookupAddress[]): LookupFunction {
  return (_host, { all }, answer) => {
    const [first] = addresses;
    if (all || !first) answer(null, addresses);
    else answer(null, first.address, first.family);
  };
}

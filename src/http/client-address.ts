import { isIP } from 'node:net';
import type { Request } from 'express';

/** On the request itself, as its caller is: a connection that is cut has no address any more. */
const ADDRESS = Symbol('address');
type Addressed = Request & { [ADDRESS]?: string };

const MAPPED_IPV4 = /^::ffff:(?=\d+\.)/i;

/**
 * Reads the address that a request came from: what the connection says, or `X-Forwarded-For` as far as TRUST_PROXY
 * believes it. A name or other text in that header is none. Answers "unknown" for a connection without an address.
 */
export function clientAddress(req: Request): string {
  const addressed = req as Addressed;
  addressed[ADDRESS] ??= readAddress(req);
  return addressed[ADDRESS];
}

function readAddress(req: Request): string {
  const address = [req.ip, req.socket.remoteAddress].find((text) => text !== undefined && isIP(text) !== 0);
  return address?.replace(MAPPED_IPV4, '') ?? 'unknown';
}

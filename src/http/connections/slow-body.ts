import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, toProblem } from '../../errors.ts';

/**
 * Answers request_timeout to a body that comes more slowly than so many bytes a second, and ends its connection: its
 * reader, whoever that is, sees it broken off.
 */
export function refuseSlowBody(
  request: IncomingMessage,
  response: ServerResponse,
  { minRate, seconds }: { minRate: number; seconds: number },
): void {
  const sentence = `The body came too slowly: ${minRate} bytes a second at least, over ${seconds} seconds. Nothing was accepted.`;
  const problem = toProblem(new AppError('request_timeout', sentence));
  const requestId = response.getHeader('X-Request-Id');
  if (response.headersSent) {
    request.socket.destroySoon();
    return;
  }
  const body = JSON.stringify({ ...problem, ...(requestId === undefined ? {} : { requestId }) });
  const headers = {
    'Content-Type': 'application/problem+json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    Connection: 'close',
  };
  // The answer goes out before the connection ends.
  response.once('finish', () => request.socket.destroySoon());
  response.writeHead(problem.status, headers).end(body);
}

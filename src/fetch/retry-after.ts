const LONGEST_SECONDS = 24 * 3600;

/**
 * Seconds that a `Retry-After` header asks to wait, given as a number or as a date (RFC 9110): rounded up, from 0 to a
 * day. Undefined without a header that can be read.
 */
export function readRetryAfter(header: string | string[] | undefined, nowMs = Date.now()): number | undefined {
  const text = String(header ?? '').trim();
  // Date.parse would take "5" for the month of May.
  const seconds = /^\d+$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - nowMs) / 1000);
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), LONGEST_SECONDS);
}

import { isIPv6 } from 'node:net';
import { afterEach } from '@jest/globals';
import { AppError } from '../../../src/errors.ts';
import type { Lookup } from '../../../src/fetch/guard.ts';
import { createGuardedFetch } from '../../../src/fetch/guarded-fetch.ts';
import { type HttpSink, openHttpSink, type Script, type SinkOptions } from '../../support/http/http-sink.ts';

/** Run after each test, the newest first. */
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A server on loopback that ends with the test. */
export async function openSink(script?: Script, options?: SinkOptions): Promise<HttpSink> {
  const sink = await openHttpSink(script, options);
  closers.push(sink.close);
  return sink;
}

/** A resolver that gives these answers one after the other, and then the last for ever. */
export function scriptedLookup(...answers: string[][]) {
  const asked: string[] = [];
  const lookup: Lookup = async (host) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(host);
    return addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  };
  return { lookup, asked };
}

/** A fetch that may reach loopback (or what `allow` says), with limits that a test need not repeat. */
export function openFetch(allow: string[] = ['127.0.0.1'], lookup?: Lookup) {
  const { get, post } = createGuardedFetch({ allow, ...(lookup ? { lookup } : {}) });
  const limits = { maxBytes: 1_000_000, timeoutMs: 10_000, signal: new AbortController().signal };
  return {
    get: (url: string, changes: Partial<typeof limits> = {}) => get(url, { ...limits, ...changes }),
    post: (url: string, changes: Partial<typeof limits> & { headers?: Record<string, string>; body?: string } = {}) =>
      post(url, { headers: {}, body: 'text', ...limits, ...changes }),
  };
}

/** The AppError that a promise rejects with. */
export async function faultOf(work: Promise<unknown>): Promise<AppError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof AppError)) throw new Error(`expected an AppError, got ${String(thrown)}`);
  return thrown;
}

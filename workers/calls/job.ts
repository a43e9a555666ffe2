import { z } from 'zod';
import { findKnownFault } from '../../src/fetch/guard.ts';
import { defineJob, type JobContract } from '../../src/jobs/contract.ts';
import type { FileReference } from '../../src/jobs/files/file-reference.ts';
import { type CallInput, type CallLimits, createInput, MAX_ATTEMPTS, methodOf } from './input/call.ts';
import { secretNamesIn } from './secrets/placeholders.ts';
import { fieldsInDoubt } from './sending/ledger.ts';
import type { CallsConfig } from './settings.ts';

const HOUR_MS = 3_600_000;
/** A call that names no `expiresAt` is given up after this. */
const LIFE_MS = 48 * HOUR_MS;

/** An upload that is a call's body; it is streamed. */
const MAX_SOURCE_BYTES = 200_000_000;

export const callResult = z.object({
  status: z.int().meta({ description: "The answer's status." }),
  headers: z.record(z.string(), z.string()).meta({
    description: "The answer's headers, names in lower case; without cookies, and shortened where they are long.",
  }),
  attempts: z.int().meta({ description: 'How often the request was sent, as its `X-Attempt` said.' }),
  ms: z.int().meta({ description: 'Milliseconds of the last attempt, until the whole answer was there.' }),
  warnings: z
    .array(z.object({ code: z.enum(['response_cut', 'response_encoded']), message: z.string() }))
    .optional()
    .meta({ description: 'What is to be known of the file `response`.' }),
});

export type CallResult = z.infer<typeof callResult>;

/** Makes the calls kind: one request to an API, tried until it is answered. */
function createCalls(limits: CallLimits): JobContract<CallInput, CallResult, CallsConfig> {
  return defineJob<CallInput, CallResult, CallsConfig>({
    kind: 'calls',
    idPrefix: 'cal',
    summary: 'Calls an API, with retries, at its rate, and keeps what it answered.',
    input: createInput(limits) as z.ZodType<CallInput>,
    result: callResult,
    attempts: MAX_ATTEMPTS,
    attemptsOf: ({ retry }) => (retry.max === MAX_ATTEMPTS ? undefined : retry.max),
    backoff: { firstMs: 2000, factor: 3, maxMs: HOUR_MS },
    mayGiveWay: false,
    outward: { fieldsInDoubt },
    expiresAfterMs: LIFE_MS,
    // Later than the longest limit of a call, so that the sentence is about the API.
    timeoutMs: (config) => (config.CALLS_TIMEOUT_SECONDS + 10) * 1000,
    accepts: 'json',
    batch: { path: 'batch', field: 'calls', max: 500 },
    secretFields: ['headers'],
    markup: { headers: 'secrets' },
    title: (call) => `${methodOf(call)} ${placeOf(call.url)}`,
    facts: ({ url }) => ({ host: new URL(url).host }),
    references: referencesOf,
    makes: ['*/*'],
    attachedBytes: MAX_SOURCE_BYTES,
    secretUses: ({ headers = {} }) =>
      Object.entries(headers).flatMap(([header, value]) =>
        secretNamesIn(value).map((name) => ({ pointer: `/headers/${header}`, name })),
      ),
    configure: (config) => createCalls(limitsOf(config)),
    example: {
      url: 'https://api.example.com/v2/orders',
      method: 'POST',
      headers: { 'X-Shop': 'oslo' },
      json: { order: 1001, lines: [{ sku: 'mug', quantity: 2 }], note: 'A call that is tried until it is answered.' },
      timeout: '20s',
      retry: { on: ['network', '408', '429', '5xx'], max: 10 },
      rate: { key: 'api.example.com', limit: '10/1s', concurrency: 2 },
    },
  });
}

/** The upload or job whose file is the body. */
function referencesOf({ source }: CallInput): FileReference[] {
  if (!source) return [];
  const limit = { what: 'source', bytes: MAX_SOURCE_BYTES };
  return 'upload' in source
    ? [{ id: source.upload, pointer: '/source/upload', limit }]
    : [{ id: source.job, pointer: '/source/job' }];
}

/** The address without its query, which may hold what is nobody else's business. */
function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

function limitsOf({ CALLS_ALLOW: allow = [], OWN_ADDRESSES, CALLS_TIMEOUT_SECONDS }: CallsConfig): CallLimits {
  return {
    maxTimeoutSeconds: CALLS_TIMEOUT_SECONDS,
    findUrlFault(text) {
      const url = new URL(text);
      const fault = findKnownFault(url, { allow, onlyHttps: true, ownAddresses: OWN_ADDRESSES });
      return fault && `${fault}, unless the setting CALLS_ALLOW names it: CALLS_ALLOW=${url.host}`;
    },
  };
}

/** The calls kind as it is known before the settings are read. */
export const calls = createCalls({ findUrlFault: () => null, maxTimeoutSeconds: 600 });

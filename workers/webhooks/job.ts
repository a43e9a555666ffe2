import { z } from 'zod';
import { DELIVERY_EVENT, ENDPOINT_EVENTS, TEST_EVENT } from '../../src/endpoints/endpoint.ts';
import { findKnownFault } from '../../src/fetch/guard.ts';
import { choiceField, listField, textField } from '../../src/fields/fields.ts';
import { defineJob } from '../../src/jobs/contract.ts';
import { idPrefixOf } from '../../src/jobs/id.ts';
import { MAX_TARGETS } from '../../src/jobs/options/deliver-to.ts';
import { urlText } from '../../src/jobs/options/options.ts';
import { WEBHOOK_LIFE_MS } from '../../src/jobs/retention/retention.ts';
import type { WebhooksConfig } from './settings.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const MAX_BODY_LENGTH = 1_000_000;
/** No batch has more entries. */
const MAX_BATCH_JOBS = 1000;

/** What a webhook tells of. */
export const WEBHOOK_EVENTS = [...ENDPOINT_EVENTS, TEST_EVENT, DELIVERY_EVENT] as const;

/** So long the sending of one file may take, however fast it goes. */
export const LONGEST_DELIVERY_MS = 10 * MINUTE;

export const webhookInput = z.strictObject({
  url: urlText,
  event: choiceField(...WEBHOOK_EVENTS),
  job: z
    .string()
    .refine((id) => idPrefixOf(id) !== null, 'must be the id of a job')
    .optional()
    .meta({ description: 'The job that it tells of.' }),
  endpoint: z.strictObject({ name: z.string(), madeAt: z.number() }).optional().meta({
    description: 'The endpoint of its caller that it is for, and when that was made (ms). Absent: a `callbackUrl`.',
  }),
  end: z.strictObject({ createdAt: z.number(), retries: z.number() }).optional().meta({
    description: 'Which end it tells of: of the job accepted then (ms), run again so often. Absent: not looked for.',
  }),
  deliver: z.strictObject({ file: z.string().nullable() }).optional().meta({
    description: 'Which file of the job is sent, null for its one file; the address stands with the job, sealed.',
  }),
  after: listField(z.string(), 1, MAX_TARGETS).optional().meta({
    description: 'The jobs that send files of the job: it is told when these have ended, or after a while.',
  }),
  batch: z
    .strictObject({ id: z.string().optional(), kind: z.string(), jobs: listField(z.string(), 1, MAX_BATCH_JOBS) })
    .optional()
    .meta({
      description: 'The jobs of the batch that it tells of.',
    }),
  body: textField(MAX_BODY_LENGTH).optional().meta({
    description:
      'The JSON text to send, byte for byte in every attempt. Absent: made once all jobs of the batch have ended.',
  }),
});

export type WebhookInput = z.infer<typeof webhookInput>;

export const webhookResult = z.object({
  status: z.int().meta({ description: "The receiver's answer, 200-299." }),
  attempts: z.int().meta({ description: 'Attempts it took, the last one included.' }),
  ms: z.int().meta({ description: 'Milliseconds until the last attempt was answered.' }),
});

export type WebhookResult = z.infer<typeof webhookResult>;

/** Waits between attempts: seconds for a restart, hours for a night, three days in all. */
export const SCHEDULE_MS: readonly number[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** Webhooks: posts how a job ended to the `callbackUrl` that it was given. */
export const webhooks = defineJob({
  kind: 'webhooks',
  idPrefix: 'whk',
  summary: 'Tells a web application that a job has ended.',
  input: webhookInput,
  result: webhookResult,
  attempts: SCHEDULE_MS.length + 1,
  mayGiveWay: false,
  // Receivers tell a webhook that comes twice by its webhook-id.
  outward: {},
  backoff: { scheduleMs: SCHEDULE_MS },
  // Later than the limits on the answer and on a delivery, so that the sentence is about the receiver.
  timeoutMs: (config: WebhooksConfig) => LONGEST_DELIVERY_MS + (config.WEBHOOKS_TIMEOUT_SECONDS + 10) * SECOND,
  accepts: 'none',
  expiresAfterMs: WEBHOOK_LIFE_MS,
  title: ({ url }) => url,
  retryCompleted: true,
  findCallbackFault,
  example: {
    url: 'https://example.com/heavylift',
    event: 'job.completed',
    job: 'img_00000000000000000000000000',
    body:
      '{"type":"job.completed","timestamp":"2026-11-23T08:00:00.000Z",' +
      '"data":{"id":"img_00000000000000000000000000"}}',
  },
});

/** What is refused at POST already: a developer's first `http://localhost:8000` is told then which setting allows it. */
function findCallbackFault(text: string, { WEBHOOKS_ALLOW = [], OWN_ADDRESSES }: WebhooksConfig): string | null {
  const url = new URL(text);
  const fault = findKnownFault(url, { allow: WEBHOOKS_ALLOW, ownAddresses: OWN_ADDRESSES });
  return fault && `${fault}, unless the setting WEBHOOKS_ALLOW names it: WEBHOOKS_ALLOW=${url.host}`;
}

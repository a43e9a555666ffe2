import { z } from 'zod';
import { duration } from '../../../src/config/values.ts';
import { METHODS } from '../../../src/fetch/send.ts';
import {
  choiceField,
  flagField,
  jsonField,
  lineField,
  listField,
  objectField,
  textField,
  wholeNumberField,
} from '../../../src/fields/fields.ts';
import { uploadIdField } from '../../../src/jobs/files/file-reference.ts';
import type { NamedFile } from '../../../src/jobs/files/job-file.ts';
import { urlText } from '../../../src/jobs/options/options.ts';
import { mentionsSecret } from '../secrets/placeholders.ts';
import { headersInput } from './headers.ts';
import { rateInput } from './rate.ts';
import { retriedField, statusField } from './statuses.ts';

const MAX_BODY_LENGTH = 10_000_000;
/** Runs of a call, the first one included. */
export const MAX_ATTEMPTS = 10;
const RETRIED = ['network', '408', '429', '5xx'];

/** The file that is a call's body: an upload, or a result file of another job. */
const sourceInput = objectField({
  upload: uploadIdField.optional(),
  job: z.string('must be the id of a job').optional(),
  file: lineField(255).optional(),
})
  .superRefine(({ upload, job, file }, context) => {
    if ((upload === undefined) === (job === undefined)) context.addIssue('must have either upload or job');
    if (file !== undefined && job === undefined)
      context.addIssue({ code: 'custom', path: ['file'], message: 'goes with job' });
  })
  .transform((given) => given as NamedFile)
  .meta({
    description:
      'The body is an upload, `{upload}`, or a result file of another job, `{job, file}`, which is waited for.',
  });

/** What the settings say of calls. */
export interface CallLimits {
  /** What is known to be wrong with an address before it is resolved ("must ..."); null for nothing. */
  findUrlFault(url: string): string | null;
  maxTimeoutSeconds: number;
}

/** Makes the schema of `POST /v1/calls`. */
export function createInput({ findUrlFault, maxTimeoutSeconds }: CallLimits) {
  const timeout = duration
    .refine((ms) => ms <= maxTimeoutSeconds * 1000, `must be at most ${maxTimeoutSeconds}s`)
    .prefault('20s');
  return z
    .strictObject({
      url: urlText
        .superRefine((text, context) => {
          const fault = URL.canParse(text) ? findUrlFault(text) : null;
          if (fault) context.addIssue(fault);
        })
        .meta({ description: 'Where to. Public hosts by https, and what the setting CALLS_ALLOW names.' }),
      method: choiceField(...METHODS)
        .optional()
        .meta({ description: 'GET unless given, with a body POST.' }),
      headers: headersInput
        .optional()
        .meta({ description: 'Name to value. `{{secret.name}}` in a value stands for a secret of yours.' }),
      json: jsonField.optional().meta({ description: 'The body as JSON.' }),
      body: textField(MAX_BODY_LENGTH).optional().meta({ description: 'The body as text.' }),
      source: sourceInput.optional(),
      timeout: timeout.meta({ description: 'For one attempt, until the whole answer is there: 20s, 10m.' }),
      success: listField(statusField, 1, 20)
        .default(['2xx'])
        .meta({ description: 'The statuses that complete the job.' }),
      retry: objectField({
        on: listField(retriedField, 0, 20)
          .default(RETRIED)
          .meta({ description: 'What is tried again: `network` (no connection came about), statuses, classes.' }),
        max: wholeNumberField(1, MAX_ATTEMPTS).default(MAX_ATTEMPTS).meta({ description: 'Attempts in all.' }),
      }).prefault({}),
      rate: rateInput.optional().meta({ description: 'Limits over all workers, of your calls with that key.' }),
      onUnknown: choiceField('resend', 'hold').default('resend').meta({
        description: 'When the connection ended after the request was sent: send it again, or leave it at that.',
      }),
      sign: flagField.default(false).meta({ description: "True: signed as webhooks are, with your key's secret." }),
      redirects: wholeNumberField(0, 5).default(0).meta({ description: 'So many redirects are followed.' }),
    })
    .superRefine((call, context) => {
      const refuse = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
      for (const [field, message] of [...findBodyIssues(call), ...findSecretIssues(call)]) refuse(field, message);
    });
}

/** A call as it was accepted. */
export type CallInput = z.output<ReturnType<typeof createInput>>;

type Issue = [field: string, message: string];
type BodyFields = Pick<CallInput, 'json' | 'body' | 'source' | 'method' | 'sign'>;

/** The fields of the body that are given; `null` of JSON is none. */
const givenBodies = ({ json, body, source }: Pick<CallInput, 'json' | 'body' | 'source'>): string[] =>
  Object.entries({ json: json ?? undefined, body, source }).flatMap(([name, value]) =>
    value === undefined ? [] : name,
  );

/** The method that a call is made with. */
export const methodOf = (call: Pick<CallInput, 'method' | 'json' | 'body' | 'source'>) =>
  call.method ?? (givenBodies(call).length > 0 ? 'POST' : 'GET');

function findBodyIssues(call: BodyFields): Issue[] {
  const [first, second] = givenBodies(call);
  if (first && second) return [[second, `must be left out where ${first} is given: a request has one body`]];
  if (first && ['GET', 'HEAD'].includes(methodOf(call))) {
    return [[first, `must be left out: a ${call.method} request has no body`]];
  }
  if (call.sign && call.source) return [['sign', 'must be left out with source: json and body can be signed']];
  return [];
}

/** Secrets stand in headers alone: what else a call holds can be read by more people. */
function findSecretIssues({ url, body, json }: Pick<CallInput, 'url' | 'body' | 'json'>): Issue[] {
  const texts = { url: decodeLoosely(url), body: body ?? '', json: json === undefined ? '' : JSON.stringify(json) };
  return Object.entries(texts)
    .filter(([, text]) => mentionsSecret(text))
    .map(([field]) => [field, 'must not name a secret: {{secret.name}} stands in the values of headers alone']);
}

const decodeLoosely = (url: string): string => url.replaceAll(/%7b/gi, '{').replaceAll(/%7d/gi, '}');

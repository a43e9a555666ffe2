import type { Readable } from 'node:stream';
import type { CallerSecrets } from '../../../src/delivery/caller-secrets.ts';
import type { KeySecrets } from '../../../src/delivery/secrets.ts';
import { signWebhook } from '../../../src/delivery/signature.ts';
import { AppError } from '../../../src/errors.ts';
import { findNamedFile } from '../../../src/jobs/files/job-file.ts';
import type { RunContext, RunningJob } from '../../../src/jobs/processor.ts';
import { type CallInput, methodOf } from '../input/call.ts';
import { fillSecrets, secretNamesIn } from '../secrets/placeholders.ts';
import type { CallRequest } from './request.ts';

/** A call's body, ready to be opened for each time that it is sent. */
interface Body {
  type: string | null;
  bytes: number | null;
  open: () => Promise<string | Readable | undefined>;
}

/** A call as it is sent each time, but for the number of its sending. */
export interface PreparedCall {
  /** The values of the secrets that it names. */
  secrets: ReadonlyMap<string, string>;
  requestFor(sending: number): CallRequest;
}

/**
 * Opens all that a call needs: the secrets that it names and the file that is its body. Throws AppError: call_refused
 * where a secret is gone, waiting_for_job while the job of its file has not ended, source_unavailable.
 */
export async function prepareCall(
  job: RunningJob<CallInput>,
  context: RunContext,
  deps: { callerSecrets: CallerSecrets; webhookSecrets: KeySecrets },
): Promise<PreparedCall> {
  const { id, caller, input, traceparent } = job;
  const body = await findBody(input, context);
  const given = Object.entries(input.headers ?? {});
  const secrets = await openSecrets(caller, given.map(([, value]) => value).join('\n'), deps.callerSecrets);
  const signingSecrets = input.sign ? await deps.webhookSecrets.open(caller) : null;
  const own = given.map(([name, value]) => [
    name.toLowerCase(),
    fillSecrets(value, (secret) => secrets.get(secret) ?? ''),
  ]);
  const text = input.sign ? await body.open() : undefined;
  return {
    secrets,
    requestFor: (sending) => ({
      url: input.url,
      method: methodOf(input),
      redirects: input.redirects,
      openBody: body.open,
      headers: {
        accept: '*/*',
        'user-agent': 'Heavylift-Calls',
        ...(body.type ? { 'content-type': body.type } : {}),
        ...(traceparent ? { traceparent } : {}),
        ...Object.fromEntries(own),
        ...(body.bytes === null ? {} : { 'content-length': String(body.bytes) }),
        ...(signingSecrets ? signWebhook(id, new Date(), typeof text === 'string' ? text : '', signingSecrets) : {}),
        'accept-encoding': 'identity',
        'idempotency-key': id,
        'x-attempt': String(sending),
      },
    }),
  };
}

async function findBody(input: CallInput, context: RunContext): Promise<Body> {
  const { json, body, source } = input;
  const textBody = (type: string, text: string): Body => ({
    type,
    bytes: Buffer.byteLength(text),
    open: async () => text,
  });
  if (json !== undefined && json !== null) return textBody('application/json', JSON.stringify(json));
  if (body !== undefined) return textBody('text/plain; charset=utf-8', body);
  if (!source) return { type: null, bytes: null, open: async () => undefined };
  const { key, type, bytes } = await findNamedFile(source, context);
  return { type, bytes, open: () => context.storage.open(key) };
}

const FAULTS = {
  missing: 'which is not there (any more)',
  sealed: 'which was sealed with a deployment secret that is not known any more',
};

async function openSecrets(caller: string, text: string, kept: CallerSecrets): Promise<Map<string, string>> {
  const found = await kept.open(caller, secretNamesIn(text));
  return new Map(
    [...found].map(([name, secret]) => {
      if ('value' in secret) return [name, secret.value];
      const why = `headers names the secret "${name}", ${FAULTS[secret.fault]}`;
      throw new AppError('call_refused', `${why}: PUT /v1/secrets/${name} keeps it, then the job can be run again.`);
    }),
  );
}

import { z } from 'zod';
import type { FieldError } from '../../errors.ts';
import { mayBeListed } from '../../fetch/guard.ts';
import { findUrlFault } from '../../fetch/url-shape.ts';
import { objectField, recordField } from '../../fields/fields.ts';
import { headersField } from '../../fields/headers.ts';
import { pointerOf } from '../../fields/invalid-request.ts';

/** Most files of a job that are sent somewhere. */
export const MAX_TARGETS = 50;
/** Of all addresses and headers together. */
const MAX_BYTES = 32_768;
const FIELD = 'deliverTo';
/** The shared fields of a request that are kept sealed. */
export const SECRET_OPTIONS: readonly string[] = [FIELD];

const target = objectField({
  url: z.string('must be a URL').superRefine((text, context) => {
    const fault = findUrlFault(text);
    if (fault) context.addIssue(fault);
  }),
  headers: headersField().optional(),
});

/** Where a file is sent. */
export type DeliveryTarget = z.output<typeof target>;

/** Where a job's files are sent: its one file, or each by its name. */
export type DeliverTo = DeliveryTarget | Record<string, DeliveryTarget>;

const SENTENCE = 'must be {"url", "headers"}, or have one by the name of each file';
const byName = recordField(target, MAX_TARGETS, { what: 'files', sentence: SENTENCE }).refine(
  (targets) => Object.keys(targets).length > 0,
  SENTENCE,
);

const TARGET_SCHEMA = {
  url: { type: 'string', format: 'uri', maxLength: 2048 },
  headers: { type: 'object', additionalProperties: { type: 'string' } },
};

/** `deliverTo`, in either form. Which one is meant its `url` says: so a fault is told at its own field. */
export const deliverToField = z
  .unknown()
  .transform((given, context): DeliverTo => {
    const { data, error } = (isOne(given) ? target : byName).safeParse(given);
    for (const issue of error?.issues ?? []) context.addIssue({ ...issue });
    if (data && JSON.stringify(data).length > MAX_BYTES) {
      context.addIssue(`must have at most ${MAX_BYTES} characters in all`);
    }
    return data ?? {};
  })
  .meta({
    type: 'object',
    properties: TARGET_SCHEMA,
    additionalProperties: { type: 'object', properties: TARGET_SCHEMA, required: ['url'] },
    description:
      'Where the files are sent when the job has completed, each by a PUT: `{url, headers}` of its one file, or one by the ' +
      'name of each, with or without extension. To hosts that the setting DELIVER_ALLOW names.',
  });

/** Whether it is the address of the one file: by name there would be an object, or nothing that is a text. */
const isOne = (given: unknown): boolean => {
  const { url } = (given ?? {}) as { url?: unknown };
  return url !== undefined && (typeof url !== 'object' || url === null);
};

/** What a job keeps of it in the open: which files, null for its one file, and the origin of where each goes. */
export interface KeptDelivery {
  file: string | null;
  origin: string;
}

/** `deliverTo` as a job carries it. */
export interface SealedDeliverTo {
  files: KeptDelivery[];
  /** The addresses, which may be signed, and headers: for the run that sends them alone. */
  sealed: string;
}

/** What the token of `sealed` is for. */
export const DELIVER_PURPOSE = 'deliver to';

/** The files of `deliverTo`, and the target of each. */
const entriesOf = (deliverTo: DeliverTo): [file: string | null, target: DeliveryTarget][] =>
  isOne(deliverTo) ? [[null, deliverTo as DeliveryTarget]] : Object.entries(deliverTo);

/** Lists what may be shown of it. */
export const keepDeliveries = (deliverTo: DeliverTo): KeptDelivery[] =>
  entriesOf(deliverTo).map(([file, { url }]) => ({ file, origin: new URL(url).origin }));

/** What is sealed of it; the job's id, so that it serves no other one. */
export const writeTargets = (jobId: string, deliverTo: DeliverTo): string[] => [jobId, JSON.stringify(deliverTo)];

/** Reads the target of a file of what was sealed; null where there is none, or it is another job's. */
export function readTarget(
  jobId: string,
  facts: readonly unknown[] | null,
  file: string | null,
): DeliveryTarget | null {
  const [owner, text] = facts ?? [];
  if (owner !== jobId || typeof text !== 'string') return null;
  return entriesOf(JSON.parse(text)).find(([name]) => name === file)?.[1] ?? null;
}

/** Tells which of its addresses lead to where nothing is sent: to no host that is listed. */
export const deliveryFaults = (deliverTo: DeliverTo, allow: readonly string[]): FieldError[] =>
  entriesOf(deliverTo).flatMap(([file, { url: text }]) => {
    const url = new URL(text);
    if (mayBeListed(url, allow)) return [];
    const detail = `must lead to a host that the setting DELIVER_ALLOW names: DELIVER_ALLOW=${url.host}`;
    return [{ pointer: pointerOf([FIELD, ...(file === null ? [] : [file]), 'url']), detail }];
  });

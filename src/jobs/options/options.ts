import { z } from 'zod';
import type { JobBrand } from '../../brands/brand.ts';
import { now } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import { findUrlFault } from '../../fetch/url-shape.ts';
import { choiceField, jsonObjectField, lineField, listField, momentField } from '../../fields/fields.ts';
import { normalSubject } from '../../fields/normal-subject.ts';
import type { JobFacts } from '../facts.ts';
import type { ComingFile, StoredFile } from '../files/stored-file.ts';
import { deliverToField, type SealedDeliverTo } from './deliver-to.ts';
import type { FlowPlace, FlowPlan } from './flow.ts';
import type { SchedulePlace } from './schedule-place.ts';

const DAY_MS = 86_400_000;
const MAX_DELAY_MS = 30 * DAY_MS;
const MAX_METADATA_BYTES = 2048;

/** A URL that we are to open; where it leads is checked when it is opened. */
export const urlText = z.string('must be a URL').superRefine((text, context) => {
  const fault = findUrlFault(text);
  if (fault) context.addIssue(fault);
});

/** A label in Unicode's composed form (NFC): the same word is the same label, whatever typed it. */
const labelField = (max: number) => lineField(max).overwrite((text) => text.normalize('NFC'));

/** The fields that every kind of job takes beside its own. */
export const OPTION_FIELDS = {
  subject: labelField(255).meta({ description: 'Whose data this is: a label to find and erase jobs by.' }),
  tags: listField(labelField(64), 0, 10).meta({ description: 'Up to 10 labels.' }),
  metadata: jsonObjectField(MAX_METADATA_BYTES).meta({
    description: 'Any JSON object of up to 2 KB; given back as it came.',
  }),
  runAt: momentField
    .refine((value) => Date.parse(value) <= now() + MAX_DELAY_MS, 'must be at most 30 days ahead')
    .meta({ description: 'Not before this moment.' }),
  expiresAt: momentField
    .refine((value) => Date.parse(value) > now(), 'must be in the future')
    .meta({ description: 'Useless after this moment: the job then fails as `expired` without running.' }),
  callbackUrl: urlText.meta({ description: 'Told when the job has ended (a webhook).' }),
  deliverTo: deliverToField,
  priority: choiceField('high', 'normal', 'low').meta({
    description: 'Which of the waiting jobs run first; those of one priority run in turns of callers.',
    default: 'normal',
  }),
} as const;

export const optionsSchema = z.object(OPTION_FIELDS).partial();

export type JobOptions = z.infer<typeof optionsSchema>;

/** The version of what `data` of a queued job looks like: a worker runs those of earlier ones, and puts back those of later ones. */
export const ENVELOPE_VERSION = 1;

/** The request that a job came with: its name, and the caller's trace where it said one (W3C Trace Context). */
export interface RequestOrigin {
  requestId?: string;
  traceparent?: string;
}

/** An input that lies in storage, as JSON: a file of the job's own, or a part of one that the jobs of a batch share. */
export interface InputFile {
  key: string;
  bytes: number;
  /** Where it begins in a file that is shared. */
  offset?: number;
}

/** What a key has of the places: how many turns to another's one, and how many of its jobs run at once. */
export interface Share {
  /** 1 where it is absent. */
  weight?: number;
  /** Absent: no limit. */
  maxRunning?: number;
}

/** The data that a job carries through Redis: facts and references to storage, never bytes. */
export interface Envelope extends RequestOrigin {
  v: number;
  /** Tells two requests apart that chose the same id by their idempotency key: the first one's is stored. */
  nonce?: string;
  /** SHA-256 of what was asked for (hex): the same key with another payload is a mismatch. */
  fingerprint?: string;
  /** The name of the key that posted it. */
  caller: string;
  /** The series of the upload token that it was posted with; a holder of one sees what its own has alone. */
  token?: string;
  /** The share of that key, where it is not the ordinary one. */
  share?: Share;
  /** How often it may be run, where its input says another number than its kind. */
  attempts?: number;
  /** What a person knows the job by: the kind made it of the input. */
  title?: string;
  /** What it is about, for people who look for it: the kind made it of the input. */
  facts?: JobFacts;
  /** Names the request that posted it. */
  requestId?: string;
  /** The id of the batch that it came with. */
  batch?: string;
  /** Whose data this is, beside the label `subject`: what the kind itself says of its input (a mail's recipients). */
  subjects?: string[];
  /** Null where it lies in storage as `inputFile`, and where it was dropped when the job completed. */
  input: unknown;
  /** Set where a completed job has dropped its input. */
  inputDropped?: true;
  /** Set where a person asked for it by a form, which shows again what was asked for: its input is never dropped. */
  byForm?: true;
  /** A large input. */
  inputFile?: InputFile;
  uploads: Record<string, StoredFile>;
  /** The file of an upload that is not whole yet. */
  receiving?: ComingFile;
  /**
   * The uploads and the other jobs whose files it names, as `writeJobNames` writes them: it holds them until it has
   * ended.
   */
  needs?: string;
  /** The brand that its input names, as it stood when the job was accepted. */
  brand?: JobBrand;
  /** Where its files are sent. */
  deliverTo?: SealedDeliverTo;
  /** `deliverTo` apart, which lies beside it. */
  options: JobOptions;
  /** The flow that asked for it, and for what. */
  flow?: FlowPlace;
  /** Of a flow: what it is made of. */
  plan?: FlowPlan;
  /** The schedule that asked for it, and for which of its times. */
  schedule?: SchedulePlace;
  /** Further indexes that list it: of the deliveries of an endpoint, of the jobs of a flow. */
  indexes?: string[];
}

/** A job of a later version is looked at again after this. */
const LATER_VERSION_SECONDS = 30;

/**
 * Opens a job's envelope. Throws later_version for one of a later version, which waits for a worker that knows it, and a
 * final internal, since nobody who posts jobs brings it about, for what no version has written.
 */
export function openEnvelope(data: unknown): Envelope {
  const envelope = data as Partial<Envelope> | null;
  const version = Number.isSafeInteger(envelope?.v) ? Number(envelope?.v) : 0;
  if (version >= 1 && version <= ENVELOPE_VERSION) return envelope as Envelope;
  if (version > ENVELOPE_VERSION) {
    throw new AppError(
      'later_version',
      'The job was written by a later version of Heavylift. It is put back until a worker of that version runs.',
      { retryAfterSeconds: LATER_VERSION_SECONDS, isKept: true },
    );
  }
  throw new AppError('internal', 'The record of this job is damaged: what it asked for can not be read.', {
    isFinal: true,
  });
}

/** How often a job may be run, interruptions and deaths of workers excluded. */
export const attemptsOf = ({ attempts }: Partial<Envelope>, contract: { attempts: number }): number =>
  attempts ?? contract.attempts;

/** The request that the job came with, for the log and for what it sends. */
export const jobOrigin = ({ requestId, traceparent }: RequestOrigin): RequestOrigin => ({
  ...(requestId === undefined ? {} : { requestId }),
  ...(traceparent === undefined ? {} : { traceparent }),
});

/** Every subject a job is found and erased by, as `normalSubject` writes it. */
export const subjectsOf = ({ options, subjects = [] }: Pick<Envelope, 'options' | 'subjects'>): string[] => [
  ...new Set([...(options.subject === undefined ? [] : [options.subject]), ...subjects].map(normalSubject)),
];

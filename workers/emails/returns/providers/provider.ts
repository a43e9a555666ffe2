import { AppError } from '../../../../src/errors.ts';
import type { ReportedRecipient } from '../report/mail-report.ts';

/** The mail providers whose reports are understood. */
export const PROVIDERS = ['ses', 'sendgrid', 'mailgun', 'postmark'] as const;
export type ProviderName = (typeof PROVIDERS)[number];

/** What a provider says of one recipient of a mail. */
export interface ProviderReport extends Pick<ReportedRecipient, 'status' | 'diagnostic'> {
  /** Tells it from all others of the provider. */
  id: string;
  event: 'delivered' | 'deferred' | 'bounced' | 'complained';
  address: string;
  /** Texts in which the mail's return path, its Message-ID or its job may stand. */
  names: readonly string[];
  /** Whether a bounce is doubtful: the provider itself refused, since it remembers an earlier one, or takes it for passing. */
  isRemembered?: boolean;
}

/** A request of a provider's. */
export interface ProviderRequest {
  body: Buffer;
  header(name: string): string | undefined;
}

/** Fetches a small text; rejects with AppErrors. */
export type FetchText = (url: string) => Promise<string>;

/**
 * Keeps a text under a name, at one address that reports come to, where none is kept yet, for so long (null: for good);
 * answers the one that is kept, and was first.
 */
export type KeepFirst = (name: string, text: string, lifeMs: number | null) => Promise<string>;

/** What providers verify by, beside what is signed. */
export interface ProviderTools {
  fetchText: FetchText;
  keepFirst: KeepFirst;
}

/** How the reports of one provider are verified and read. */
export interface Provider {
  /** What its signatures are verified with, of those that need something kept: in words, for an operator. */
  key: string | null;
  /** Why a key can't be used; null for nothing. */
  findKeyFault?(key: string): string | null;
  /** Reads a request; what is no news of a mail is left out. Throws forbidden, invalid_request, payload_too_large. */
  read(request: ProviderRequest, key: string, tools: ProviderTools): Promise<ProviderReport[]> | ProviderReport[];
}

/** More than any provider sends at once: SendGrid, which sends the most, stops at 768 kB. */
const MAX_REPORTS = 10_000;
/** What a provider that refuses by its own memory says of an address, where it says no more: that it is the address. */
export const REMEMBERED_STATUS = '5.1.0';
/** A member of what a provider sent: nothing is known of its shape. */
export type Loose = Readonly<Record<string, unknown>>;

export const notSigned = (): AppError =>
  new AppError('forbidden', 'The signature of the request is missing, or is not that of the provider.');
export const notUnderstood = (what: string): AppError => new AppError('invalid_request', `The body must be ${what}.`);

/** Reads a body as a JSON object, or list; throws invalid_request. */
export function readJson(body: Buffer, what: string): Loose {
  try {
    const read: unknown = JSON.parse(body.toString('utf8'));
    if (read !== null && typeof read === 'object') return read as Loose;
  } catch {
    // No JSON.
  }
  throw notUnderstood(what);
}

export const asObject = (value: unknown): Loose =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Loose) : {};
/** Reads a list of objects; nothing for what is none. Throws payload_too_large, since what is left out would be lost. */
export function asList(value: unknown): Loose[] {
  if (!Array.isArray(value)) return [];
  if (value.length <= MAX_REPORTS) return value.map(asObject);
  throw new AppError('payload_too_large', `The body must have at most ${MAX_REPORTS} events, and has ${value.length}.`);
}
export const asText = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, 4000) : '';

/** An enhanced code in a text; null for none. */
export const statusIn = (text: string): string | null =>
  /^#?([245]\.\d{1,3}\.\d{1,3})\b/.exec(text.trim())?.[1] ?? null;

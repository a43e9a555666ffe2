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
  /** Whether the provider itself refused, since it remembers an earlier bounce. */
  isRemembered?: boolean;
}

/** A request of a provider's. */
export interface ProviderRequest {
  body: Buffer;
  header(name: string): string | undefined;
}

/** Fetches a small text; rejects with AppErrors. */
export type FetchText = (url: string) => Promise<string>;

/** How the reports of one provider are verified and read. */
export interface Provider {
  /** What its signatures are verified with, of those that need something kept: in words, for an operator. */
  key: string | null;
  /** Why a key can't be used; null for nothing. */
  findKeyFault?(key: string): string | null;
  /** Reads a request; what is no news of a mail is left out. Throws forbidden, invalid_request. */
  read(request: ProviderRequest, key: string, fetchText: FetchText): Promise<ProviderReport[]> | ProviderReport[];
}

/** More than any provider sends at once. */
export const MAX_REPORTS = 2000;
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
export const asList = (value: unknown): Loose[] =>
  Array.isArray(value) ? value.slice(0, MAX_REPORTS).map(asObject) : [];
export const asText = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, 4000) : '';

/** An enhanced code in a text; null for none. */
export const statusIn = (text: string): string | null =>
  /^#?([245]\.\d{1,3}\.\d{1,3})\b/.exec(text.trim())?.[1] ?? null;

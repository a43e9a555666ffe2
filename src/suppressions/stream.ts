import { z } from 'zod';
import { flagField, textField } from '../fields/fields.ts';

/** The stream of mails that name none: answers to what a person just did. */
export const TRANSACTIONAL = 'transactional';
/** RFC 5322, 2.1.1 leaves a header line 998 characters. */
const MAX_URL_LENGTH = 900;

/** The name of a stream: what a person may leave without leaving the others. */
export const streamName = z
  .string('must be text')
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must be 1 to 64 of lower-case letters, digits and -');

const isHttps = (text: string): boolean => URL.canParse(text) && new URL(text).protocol === 'https:';

/** The fields that name a mail's stream, and how its reader leaves it. */
export const streamFields = {
  messageStream: streamName.optional().meta({
    description:
      'What sort of mail this is, `newsletter` for example; default `transactional`. Who unsubscribes leaves one ' +
      'stream. Mails of any other stream than `transactional` can be unsubscribed by one click (RFC 8058).',
  }),
  unsubscribe: flagField
    .optional()
    .meta({ description: 'Whether the mail has our unsubscribe link; default: where `messageStream` asks for it.' }),
  unsubscribeUrl: textField(MAX_URL_LENGTH)
    .refine(isHttps, 'must be a URL that begins with https://')
    .transform((text) => new URL(text).href)
    .refine((href) => href.length <= MAX_URL_LENGTH && !/[<>\s]/.test(href), 'must be a URL without spaces, < and >')
    .optional()
    .meta({ description: 'Your own address for unsubscribing by one click (RFC 8058), in the place of ours.' }),
} as const;

interface StreamChoice {
  messageStream?: string | undefined;
  unsubscribe?: boolean | undefined;
  unsubscribeUrl?: string | undefined;
}

/** Whether the mail gets an unsubscribe link of ours. */
export const hasOwnUnsubscribe = ({ messageStream, unsubscribe, unsubscribeUrl }: StreamChoice): boolean =>
  unsubscribeUrl === undefined && (unsubscribe ?? (messageStream !== undefined && messageStream !== TRANSACTIONAL));

/** Finds what is wrong with the fields together: field and sentence. */
export function findStreamIssues(choice: StreamChoice, recipients: number): [field: string, message: string][] {
  if (choice.unsubscribeUrl !== undefined && choice.unsubscribe !== undefined) {
    return [['unsubscribe', 'must not be given together with `unsubscribeUrl`']];
  }
  if (recipients < 2 || !hasOwnUnsubscribe(choice)) return [];
  const sentence =
    'must be one recipient: the unsubscribe link of a mail is personal. Send one mail to each ' +
    '(POST /v1/emails/batch), or set `unsubscribe` to false or `unsubscribeUrl` to a link of your own';
  return [['to', sentence]];
}

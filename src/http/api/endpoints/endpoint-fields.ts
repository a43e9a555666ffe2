import { z } from 'zod';
import { duration } from '../../../config/values.ts';
import { ENDPOINT_EVENTS } from '../../../endpoints/endpoint.ts';
import { choiceField, flagField, formField, listField, listWords, momentField } from '../../../fields/fields.ts';
import { urlText } from '../../../jobs/options/options.ts';

const MAX_OVERLAP_MS = 30 * 86_400_000;
const OVERLAP_FAULT = 'must be a time like 24h, at most 30d, or 0s: the secrets before end at once';

/** What an endpoint may be called. */
export const endpointName = formField(
  (text) => /^[a-z0-9][a-z0-9_-]{0,63}$/.test(text),
  'must be 1 to 64 of a-z, 0-9, "-" and "_", and begin with a letter or digit',
);

/** Makes the schema of an endpoint as it is put; OpenAPI is made of it too. */
export const endpointSchema = (kinds: readonly string[]) =>
  z.strictObject({
    url: urlText.meta({ description: 'Where its webhooks are sent.' }),
    events: listField(choiceField(...ENDPOINT_EVENTS), 1, ENDPOINT_EVENTS.length)
      .optional()
      .meta({ description: 'What it listens to. Without it: every event, also those that later versions have.' }),
    kinds: listField(z.enum(kinds, `must be ${listWords(kinds)}`), 1, kinds.length)
      .optional()
      .meta({ description: 'The kinds of jobs that it hears of. Without it: every kind.' }),
    paused: flagField.optional().meta({
      description: 'Whether nothing is sent. Without it: as it is, and a new one is not paused.',
    }),
  });

/** The schema of a change of secret. */
export const rotateSchema = z.strictObject({
  overlap: z
    .string(OVERLAP_FAULT)
    .transform((text) => (/^0+[smhd]?$/.test(text) ? 0 : (duration.safeParse(text).data ?? Number.NaN)))
    .refine((ms) => ms <= MAX_OVERLAP_MS, OVERLAP_FAULT)
    .prefault('24h')
    .meta({ description: 'For how long webhooks are signed with the secrets before too.' }),
});

/** The schema of what is sent again. */
export const resendSchema = z.strictObject({
  since: momentField.meta({ description: 'From the events of this moment on.' }),
});

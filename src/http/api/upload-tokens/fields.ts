import { z } from 'zod';
import { byteSize, duration } from '../../../config/values.ts';
import {
  choiceField,
  formField,
  jsonObjectField,
  lineField,
  listField,
  objectField,
  wholeNumberField,
} from '../../../fields/fields.ts';
import { OPTION_FIELDS } from '../../../jobs/options/options.ts';
import { isOrigin } from '../../auth/cross-origin.ts';

const MOST_FILES = 1000;
const MOST_OPTIONS_BYTES = 16_384;
const MOST_NAMES = 100;
const MOST_ORIGINS = 20;
const MOST_TYPES = 50;
/** A token lies in a page: one that is longer than a day would outlive who was to have it. */
const LONGEST_MS = 86_400_000;
const DEFAULT_LIFE = '15m';

/** Pages come by https; those of a developer's own machine may come by http. */
const isSafeOrigin = (text: string): boolean =>
  isOrigin(text) &&
  !text.includes('*') &&
  (text.startsWith('https://') || /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(text));

const originField = formField(
  isSafeOrigin,
  'must be an origin like https://shop.example or http://localhost:3000: scheme, host and port alone',
);

const typeField = formField(
  (text) => /^[a-z0-9!#$&^_.+-]{1,100}\/(?:\*|[a-z0-9!#$&^_.+-]{1,100})$/.test(text),
  'must be a media type like application/pdf or image/*, in lower case',
);

const SIZE_SENTENCE = 'must be a size like 500KB, 20MB or 2GB, or a number of bytes, at least 1';

const sizeField = z
  .union([z.int(), byteSize], SIZE_SENTENCE)
  .refine((bytes) => bytes >= 1, SIZE_SENTENCE)
  .meta({ description: '`20MB`, or a number of bytes.' });

const LIFE_SENTENCE = 'must be a time from 1s to 24h, like 90s, 15m or 2h';

const lifeField = duration.pipe(z.number().max(LONGEST_MS));

/** Makes the schema of a request for a token; `kinds` are those that are posted. */
export const tokenRequest = (kinds: readonly [string, ...string[]]) =>
  objectField({
    kind: choiceField(...kinds).meta({ description: 'What its jobs are. The key needs the scope of that kind.' }),
    options: jsonObjectField(MOST_OPTIONS_BYTES)
      .default({})
      .meta({ description: 'Fields of each job, as a POST of the kind has them: its holder can not change them.' }),
    open: listField(lineField(64), 0, MOST_NAMES)
      .default([])
      .meta({ description: 'Names of fields that its holder may choose; those that `options` has too are defaults.' }),
    maxFiles: wholeNumberField(1, MOST_FILES)
      .default(1)
      .meta({ description: 'How many files may be sent in all, and how many jobs made.' }),
    maxBytes: sizeField.optional().meta({ description: 'How large each file may be; else as its kind takes it.' }),
    maxTotalBytes: sizeField.optional().meta({ description: 'How much all files may have together.' }),
    types: listField(typeField, 1, MOST_TYPES)
      .optional()
      .meta({ description: 'Media types that files may have, by their content: `["image/*"]`.' }),
    expiresIn: z
      .string(LIFE_SENTENCE)
      .default(DEFAULT_LIFE)
      .transform((text, context) => {
        const read = lifeField.safeParse(text);
        if (read.success) return read.data;
        context.addIssue(LIFE_SENTENCE);
        return z.NEVER;
      })
      .meta({ description: 'How long it holds: `90s`, `15m`, `2h`; 24 hours at most.' }),
    origins: listField(originField, 0, MOST_ORIGINS)
      .default([])
      .meta({ description: 'Origins of the pages that may use it; without any, pages of other origins can not.' }),
    visitor: lineField(255).optional().meta({
      description:
        'Your name for who gets it: tokens of one key and kind with the same visitor see what was made with each other.',
    }),
    subject: OPTION_FIELDS.subject.optional(),
    callbackUrl: OPTION_FIELDS.callbackUrl.optional(),
    tags: OPTION_FIELDS.tags.optional(),
    metadata: OPTION_FIELDS.metadata.optional(),
  });

export type TokenRequest = z.output<ReturnType<typeof tokenRequest>>;

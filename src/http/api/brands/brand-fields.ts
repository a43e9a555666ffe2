import { z } from 'zod';
import { contrast } from '../../../brands/contrast.ts';
import { formField, lineField, listField, objectField } from '../../../fields/fields.ts';
import { isLength } from '../../../fields/length.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import { uploadIdField } from '../../../jobs/files/file-reference.ts';

/** Texts need 4.5:1 (WCAG 2, 1.4.3); a little more, since some stand on a tinted ground. */
const LEAST_CONTRAST = 5;
const WHITE = '#ffffff';
const MAX_LINES = 6;
const MAX_LINE = 200;
const MAX_FOOT = 300;
const MAX_FAMILY = 100;

/** What a brand may be called. */
export const brandName = formField(
  (text) => /^[a-z0-9][a-z0-9_-]{0,63}$/.test(text),
  'must be 1 to 64 of a-z, 0-9, "-" and "_", and begin with a letter or digit',
);

const COLOUR = 'must be a colour such as "#0a5f38"';
const colourField = z
  .string(COLOUR)
  .regex(/^#[0-9a-f]{6}$/i, { error: COLOUR, abort: true })
  .toLowerCase()
  .superRefine((colour, context) => {
    const found = contrast(colour, WHITE);
    if (found >= LEAST_CONTRAST) return;
    const has = Math.floor(found * 100) / 100;
    context.addIssue(
      `must have a contrast of ${LEAST_CONTRAST}:1 or more with white paper, to be read; it has ${has}:1`,
    );
  });

/** A length along the height of a page. */
const roomField = (mostMm: number) =>
  formField((text) => isLength(text, 0, mostMm), `must be a length from 0mm to ${mostMm}mm, such as "45mm"`).optional();

/** A page of a letterhead. */
const paperField = objectField({ upload: uploadIdField }).optional();

/** Makes the schema of a brand as it is put; OpenAPI is made of it too. */
export function brandSchema(contracts: readonly JobContract[]) {
  const own = contracts.find(({ brandWords }) => brandWords)?.brandWords;
  const words: z.ZodType<Record<string, string>> = own ?? z.record(z.string(), z.never());
  return z.strictObject({
    logo: objectField({ upload: uploadIdField })
      .optional()
      .meta({ description: 'A PNG or JPEG of at most 1 MB, as an upload; it is kept as long as the brand.' }),
    colours: objectField({
      accent: colourField.optional().meta({ description: 'Of headings, rules, and the first series of charts.' }),
      text: colourField.optional().meta({ description: 'Of texts.' }),
      muted: colourField.optional().meta({ description: 'Of small texts and labels.' }),
    })
      .optional()
      .meta({ description: `Each with a contrast of at least ${LEAST_CONTRAST}:1 with white.` }),
    fonts: objectField({
      heading: lineField(MAX_FAMILY)
        .optional()
        .meta({ description: 'Of titles and headings; without it that of texts.' }),
      body: lineField(MAX_FAMILY).optional().meta({ description: 'Of all other texts.' }),
    })
      .optional()
      .meta({
        description:
          'Families by name: bundled ones, and those of REPORTS_FONTS. For one that is not there stands the own one of reports, with a warning.',
      }),
    letterhead: objectField({
      head: listField(lineField(MAX_LINE), 0, MAX_LINES)
        .optional()
        .meta({ description: 'Lines beside the logo on the first page. Without them: the sender and its address.' }),
      foot: lineField(MAX_FOOT, 0)
        .optional()
        .meta({ description: 'A text at the foot of each page, at most three lines.' }),
      page: paperField.meta({
        description:
          'What the first page of a report is printed on: a PDF, of which the first page counts, a PNG or JPEG, of at most 5 MB.',
      }),
      following: paperField.meta({ description: 'What all other pages are printed on.' }),
      top: roomField(150).meta({ description: 'Where the text of the first page begins; 45mm with `page`.' }),
      followingTop: roomField(100).meta({ description: 'Where that of the others begins; 30mm with `following`.' }),
      bottom: roomField(100).meta({
        description: 'What is left free at the foot of each page; 25mm with `page` or `following`.',
      }),
    }).optional(),
    senderName: lineField(MAX_LINE).optional().meta({ description: 'Whose paper it is.' }),
    postalAddress: listField(lineField(MAX_LINE), 0, MAX_LINES)
      .optional()
      .meta({ description: 'Its address, by line.' }),
    words: words.optional().meta({ description: 'Words in the place of those that a report adds by itself.' }),
  });
}

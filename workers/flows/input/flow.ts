import { z } from 'zod';
import { findUrlFault } from '../../../src/fetch/url-shape.ts';
import {
  flagField,
  formField,
  jsonField,
  listField,
  objectField,
  textField,
  wholeNumberField,
} from '../../../src/fields/fields.ts';
import { uploadIdField } from '../../../src/jobs/files/file-reference.ts';

/** A flow has at most so many steps. */
export const MAX_STEPS = 10;
/** So many rows may come in the request; more of them are a file. */
const MAX_INLINE_ROWS = 1000;
const MAX_SHEET = 200;
const MOST_SHEETS = 2000;

const stepName = formField(
  (name) => /^[a-z][a-z0-9_-]{0,31}$/.test(name),
  'must be a letter and up to 31 more letters, digits, - or _, all in lower case',
);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const jsonObject = jsonField.refine(isObject, 'must be a JSON object') as z.ZodType<Record<string, unknown>>;

const step = objectField({
  name: stepName.meta({ description: 'What other steps, and people, call it.' }),
  kind: textField(32).meta({ description: 'The kind of its jobs.' }),
  input: jsonObject.meta({
    description:
      'The body that a job of the kind is posted with. `{"step": "report"}` stands where a file of a job could: for the ' +
      'file of that step. With `forEach`, `{"row": "path"}` stands for a value of the row, and `{{row.path}}` for one within a text.',
  }),
});

const urlField = z.string('must be a text').superRefine((url, context) => {
  const fault = findUrlFault(url);
  if (fault) context.addIssue(fault);
});

const forEach = objectField({
  upload: uploadIdField.optional().meta({
    description: 'A file of rows: NDJSON (a JSON object on each line), a list of JSON objects, CSV, XLSX or ODS.',
  }),
  url: urlField.optional().meta({
    description: 'Such a file elsewhere, which is fetched when the flow begins, from a host that FETCH_ALLOW names.',
  }),
  rows: listField(jsonObject, 1, MAX_INLINE_ROWS)
    .optional()
    .meta({ description: 'The rows themselves. More of them, or more than 1 MB, are sent as an upload.' }),
  sheet: z
    .union(
      [textField(MAX_SHEET), wholeNumberField(1, MOST_SHEETS)],
      'must be the name of a sheet, or its number from 1',
    )
    .optional()
    .meta({ description: 'Of a workbook: which sheet; without it the first that has something.' }),
  example: jsonObject.optional().meta({
    description: 'A row as those of the file will be: the steps are checked with it where the file is not read before.',
  }),
}).superRefine(({ upload, url, rows, sheet, example }, context) => {
  if ([upload, url, rows].filter((one) => one !== undefined).length !== 1)
    context.addIssue('must have one of upload, url and rows');
  else if (rows && (sheet ?? example) !== undefined) {
    const path = [sheet === undefined ? 'example' : 'sheet'];
    context.addIssue({ code: 'custom', path, message: 'goes with upload or url' });
  }
});

/** The body of `POST /v1/flows`. */
export const flowInput = z
  .strictObject({
    steps: listField(step, 1, MAX_STEPS).meta({ description: 'Jobs that may need files of each other.' }),
    forEach: forEach
      .optional()
      .meta({ description: 'Has the steps done for each row; without it they are done once.' }),
    strict: flagField.default(false).meta({
      description: 'True: all rows are checked before the first job; where one can not be used, nothing is begun.',
    }),
  })
  .superRefine(({ steps, forEach: rows, strict }, context) => {
    const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    const names = steps.map(({ name }) => name);
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) < index)
        refuse(['steps', index, 'name'], `must be used once: "${name}" is a step already`);
    }
    if (strict && !rows) refuse(['strict'], 'goes with `forEach` only');
  });

/** A flow as it was accepted. */
export type FlowInput = z.output<typeof flowInput>;
export type FlowStep = FlowInput['steps'][number];

/** A row: the values that a flow is done with once. */
export type Row = Readonly<Record<string, unknown>>;

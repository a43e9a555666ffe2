import { z } from 'zod';
import { flagField, formField, jsonField, listField, objectField, textField } from '../../../src/fields/fields.ts';
import { uploadIdField } from '../../../src/jobs/files/file-reference.ts';

/** A flow has at most so many steps. */
export const MAX_STEPS = 10;
/** So many rows may come in the request; more of them are a file. */
const MAX_INLINE_ROWS = 1000;

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

const forEach = objectField({
  upload: uploadIdField.optional().meta({ description: 'NDJSON: a JSON object on each line, which is a row.' }),
  rows: listField(jsonObject, 1, MAX_INLINE_ROWS)
    .optional()
    .meta({ description: 'The rows themselves. More of them, or more than 1 MB, are sent as an upload.' }),
}).refine(({ upload, rows }) => (upload === undefined) !== (rows === undefined), 'must have either upload or rows');

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

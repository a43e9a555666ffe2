import type { z } from 'zod';
import {
  choiceField,
  flagField,
  formField,
  listField,
  objectField,
  recordField,
  textField,
} from '../../../src/fields/fields.ts';
import { findExpressionFault, MAX_EXPRESSION } from '../data/shape/expression/parse.ts';
import { isDatePattern } from '../data/values/date-pattern.ts';
import { isFormat } from '../text/formats.ts';
import { MAX_KEY } from './fields.ts';
import { highlightField } from './highlight.ts';
import { textPictureField } from './image.ts';

/** The key that stands for all columns which a table does not name. */
export const REST = '*';
/** Most columns of one table. */
export const MAX_COLUMNS = 50;
/** Most rules by which cells of a table are highlighted. */
const MAX_RULES = 100;

const WIDTH = /^(?:(?:100|[1-9]?\d)(?:\.\d+)?%|\d{1,3}(?:\.\d+)?(?:mm|cm|in|pt))$/;

/** The sign before the decimals of numbers that are texts. */
export const decimalField = choiceField('.', ',');

/** How dates that are texts are written. */
export const dateFormatField = formField(
  isDatePattern,
  'must have a year, a month and a day, such as "DD.MM.YYYY", "M/D/YY", "YYYYMMDD" or "D MMM YYYY HH:mm"',
);

/** What a column is computed from: an expression over others. */
const expressionField = textField(MAX_EXPRESSION).superRefine((text, context) => {
  const fault = findExpressionFault(text);
  const message = `must be an expression over columns, such as "quantity * [Unit price]": ${fault}`;
  if (fault !== undefined) context.addIssue({ code: 'custom', message });
});

const MAX_PICTURES = 100;

/** Pictures that stand in the place of texts, by these. */
const picturesField = recordField(textPictureField, MAX_PICTURES, {
  what: 'pictures',
  sentence: 'must be an object of pictures by the texts of the cells that they stand in',
});

const columnField = objectField({
  key: textField(MAX_KEY),
  title: textField(200, 0).optional(),
  align: choiceField('left', 'center', 'right').optional(),
  width: formField(
    (width) => WIDTH.test(width),
    'must be a part of the page or a length, such as "20%" or "30mm"',
  ).optional(),
  format: formField(
    isFormat,
    'must be auto, text, number, number:<0-10 decimals>, currency:<ISO 4217 code>, percent, date, datetime or bytes',
  ).optional(),
  type: choiceField('text', 'number', 'date', 'image').optional(),
  decimal: decimalField.optional(),
  dateFormat: dateFormatField.optional(),
  hidden: flagField.optional(),
  value: expressionField.optional(),
  group: textField(200).optional(),
  highlight: highlightField.optional(),
  pictures: picturesField.optional(),
});

export type Column = z.infer<typeof columnField>;

/** Whether the cells of a column are pictures themselves. */
export const isOfPictures = ({ type }: Column): boolean => type === 'image';

/** The columns of a table, from the start of a line to its end. */
export const columnsField = listField(columnField, 1, MAX_COLUMNS).superRefine((columns, context) => {
  for (const [index, { key }] of columns.entries()) {
    const isTaken = columns.findIndex((column) => column.key === key) < index;
    const message = 'must differ from the keys of the columns before it';
    if (isTaken) context.addIssue({ code: 'custom', message, path: [index, 'key'] });
  }
  const rules = columns.reduce((sum, { highlight = [] }) => sum + highlight.length, 0);
  const message = `must have at most ${MAX_RULES} rules in "highlight" together, not ${rules}`;
  if (rules > MAX_RULES) context.addIssue({ code: 'custom', message });
});

/** What stands below a column, in the order of the rows below the table. */
export const TOTALS = ['sum', 'avg', 'min', 'max', 'count'] as const;
export type Total = (typeof TOTALS)[number];

/** Columns to sum up below the table. */
export const totalsField = recordField(choiceField(...TOTALS), MAX_COLUMNS, {
  what: 'totals',
  sentence: 'must be an object of column keys, each with sum, avg, min, max or count',
});

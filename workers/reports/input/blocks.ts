import { z } from 'zod';
import { listField, listWords, objectField, textField } from '../../../src/fields/fields.ts';
import { chartBlock } from './chart.ts';
import { codeBlock } from './code.ts';
import { MAX_TEXT } from './fields.ts';
import { imageBlock } from './image.ts';
import { listBlock } from './list.ts';
import { tableBlock } from './table.ts';

/** Most blocks of a document, those inside columns included. */
export const MAX_BLOCKS = 2000;
const MAX_ITEMS = 5000;
const MAX_COLUMNS = 4;

const headingBlock = objectField({
  type: z.literal('heading'),
  level: z.literal([1, 2, 3], 'must be 1, 2 or 3').default(1),
  text: textField(500),
});

const textBlock = objectField({ type: z.literal('text'), text: textField(MAX_TEXT) });

const VALUE = `must be a text of at most ${MAX_TEXT.toLocaleString('en')} characters, a number, true, false or null`;

const keyValuesBlock = objectField({
  type: z.literal('keyValues'),
  items: listField(
    objectField({
      key: textField(500),
      value: z.union([textField(MAX_TEXT, 0), z.number(), z.boolean(), z.null()], VALUE),
    }),
    1,
    MAX_ITEMS,
  ),
});

const tocBlock = objectField({
  type: z.literal('toc'),
  title: textField(200, 0).optional(),
  levels: z.literal([1, 2, 3], 'must be 1, 2 or 3').default(3),
});

const pageBreakBlock = objectField({ type: z.literal('pageBreak') });

const simpleBlocks = [
  headingBlock,
  textBlock,
  listBlock,
  keyValuesBlock,
  tableBlock,
  chartBlock,
  imageBlock,
  codeBlock,
] as const;
const SIMPLE_TYPES = ['heading', 'text', 'list', 'keyValues', 'table', 'chart', 'image', 'code'];

/** The message for a block that is none of the known ones. */
const blockMessage = (types: string[]) => (issue: { code?: string }) =>
  issue.code === 'invalid_union' ? `must be ${listWords(types)}` : 'must be an object with a type';

/** What may stand inside a column: no further columns, no page break. */
const innerBlock = z.discriminatedUnion('type', simpleBlocks, { error: blockMessage(SIMPLE_TYPES) });

const columnsBlock = objectField({
  type: z.literal('columns'),
  columns: listField(listField(innerBlock, 0, MAX_BLOCKS), 1, MAX_COLUMNS),
});

/** One block of a document, as a request gives it. */
export const blockField = z.discriminatedUnion('type', [...simpleBlocks, columnsBlock, tocBlock, pageBreakBlock], {
  error: blockMessage([...SIMPLE_TYPES, 'columns', 'toc', 'pageBreak']),
});

export type InputBlock = z.infer<typeof blockField>;
export type TableBlock = z.infer<typeof tableBlock>;

import type { z } from 'zod';
import { listField, objectField, textField } from '../../../src/fields/fields.ts';
import { blockField, MAX_BLOCKS } from '../input/blocks.ts';
import type { Content } from '../model.ts';
import { defineTemplate } from './template.ts';

/** A document: its title, and its blocks in reading order. */
const documentData = objectField({
  title: textField(300),
  subtitle: textField(500, 0).optional(),
  author: textField(200, 0).optional(),
  blocks: listField(blockField, 0, MAX_BLOCKS).default([]),
});

/** The blocks as they were given, below a head with the title. */
function buildDocument(data: z.infer<typeof documentData>): Content {
  const { title, subtitle, author, blocks } = data;
  return { title, author, blocks: [{ type: 'masthead', title, subtitle, byline: author }, ...blocks] };
}

/** Blocks in the order they are given. */
export const document = defineTemplate({ name: 'document', data: documentData, build: buildDocument });

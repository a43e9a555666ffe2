import type { z } from 'zod';
import type { Content, Setting } from '../model.ts';

/** A ready report: what it takes as `data`, and the blocks it makes of that. */
export interface Template<Name extends string = string, Data extends z.ZodType = z.ZodType> {
  name: Name;
  data: Data;
  build(data: z.infer<Data>, setting: Setting): Content;
}

/** Ties a template's types together. */
export const defineTemplate = <const Name extends string, Data extends z.ZodType>(
  template: Template<Name, Data>,
): Template<Name, Data> => template;

import { z } from 'zod';
import { listWords, objectField } from '../../../src/fields/fields.ts';
import type { Content, Setting } from '../model.ts';
import { document } from './document.ts';
import { invoice } from './invoice/invoice.ts';
import { monthly } from './monthly.ts';
import type { Template } from './template.ts';

/** Every template, the one that a request means when it names none first. A new one is a file and a word here. */
const TEMPLATES = [document, monthly, invoice] as const;

/** The names of all templates. */
export const TEMPLATE_NAMES: readonly string[] = TEMPLATES.map(({ name }) => name);

type InputOf<One> = One extends Template<infer Name, infer Data> ? { template: Name; data: z.infer<Data> } : never;

/** A template's name with its data. */
export type TemplateInput = InputOf<(typeof TEMPLATES)[number]>;

/** A request for any of the templates, with the fields that all of them take. */
export function templateField<Shared extends z.core.$ZodLooseShape>(shared: Shared) {
  const names = TEMPLATES.map(({ name }) => name);
  const [first, ...others] = TEMPLATES.map(({ name, data }) => {
    const word = z.literal(name);
    return objectField({ template: name === names[0] ? word.default(name) : word, ...shared, data });
  });
  if (!first) throw new Error('there is no template');
  const error = (issue: { code?: string }) =>
    issue.code === 'invalid_union' ? `must be ${listWords(names)}` : 'must be an object';
  const field = z.discriminatedUnion('template', [first, ...others], { error });
  // Mapping over the list loses which name goes with which data.
  return field as unknown as z.ZodType<TemplateInput & z.infer<z.ZodObject<Shared>>>;
}

/** The blocks of the template that was asked for. */
export function buildContent(input: TemplateInput, setting: Setting): Content {
  const template = TEMPLATES.find(({ name }) => name === input.template) as Template | undefined;
  if (!template) throw new Error(`there is no template ${input.template}`);
  return template.build(input.data, setting);
}

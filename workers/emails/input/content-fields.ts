import { z } from 'zod';
import { flagField, formField, jsonObjectField, lineField, textField } from '../../../src/fields/fields.ts';
import { findTemplates } from '../content/template-files.ts';
import { isLanguage } from '../words/language.ts';
import { MAX_BODY_LENGTH, MAX_MARKDOWN_LENGTH, MAX_VARIABLES_BYTES } from './limits.ts';

const templates = findTemplates();
/** The names of all templates. */
export const TEMPLATE_NAMES: readonly string[] = [...templates.keys()].toSorted();

const written = (max: number) =>
  textField(max, 0).refine((value) => !value.includes('\0'), 'must not contain the character NUL');

/** The fields for a mail's content: one of a template, markdown, and text or html or both. */
export const contentFields = {
  text: written(MAX_BODY_LENGTH)
    .optional()
    .meta({ description: 'The mail as plain text. One of `text`, `html`, `markdown` and `template` is needed.' }),
  html: written(MAX_BODY_LENGTH)
    .optional()
    .meta({ description: 'The mail as HTML; without `text` beside it, the text part follows from it.' }),
  markdown: written(MAX_MARKDOWN_LENGTH)
    .optional()
    .meta({ description: 'The mail as Markdown: its HTML and its text are made of it. HTML in it is shown as text.' }),
  template: z
    .enum(TEMPLATE_NAMES, `must be a template: ${TEMPLATE_NAMES.join(', ')}`)
    .optional()
    .meta({ description: 'A template of `views/emails/`, which makes HTML, text and subject of `variables`.' }),
  variables: jsonObjectField(MAX_VARIABLES_BYTES)
    .optional()
    .meta({ description: 'What the template shows; escaped where it stands in HTML.' }),
  lang: formField(isLanguage, 'must be a language tag, such as nb or pt-BR').optional().meta({
    description:
      'The language of what the mail adds by itself, such as "Unsubscribe". Without it: `lang` of `variables`, else English.',
  }),
  inlineCss: flagField.optional().meta({
    description:
      'True: what the style sheets of the HTML say stands in its elements too, for mail programs that read no style sheets.',
  }),
  brand: lineField(64).nullish().meta({
    description:
      'A brand, in the place of that of the key; null: none. Its logo, colours, sender and postal address stand in templates and Markdown.',
  }),
} as const;

interface Content {
  subject?: string | undefined;
  text?: string | undefined;
  html?: string | undefined;
  markdown?: string | undefined;
  template?: string | undefined;
  variables?: object | undefined;
}

/** Finds what is wrong with the content's fields together: field and sentence. */
export function findContentIssues(mail: Content): [field: string, message: string][] {
  const { subject, text, html, markdown, template, variables } = mail;
  const issues: [string, string][] = [];
  if (template !== undefined) {
    for (const field of ['text', 'html', 'markdown'] as const) {
      if (mail[field] !== undefined) issues.push([field, 'must not be given together with `template`']);
    }
  } else {
    if (variables !== undefined) issues.push(['variables', 'goes with `template` only']);
    if (markdown && html !== undefined) issues.push(['html', 'must not be given together with `markdown`']);
    if (markdown && text !== undefined) issues.push(['text', 'must not be given together with `markdown`']);
    if (!text && !html && !markdown) issues.push(['text', 'must be given, or `html`, `markdown` or `template`']);
  }
  const ownSubject = template !== undefined && templates.get(template)?.has('subject');
  if (subject === undefined && !ownSubject) issues.push(['subject', 'must be given']);
  return issues;
}

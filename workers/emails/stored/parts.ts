import type { TemplateBody } from '../../../src/templates/template.ts';
import { PARTS } from './stored-mail.ts';

/** Tags that take in another template; a text that only looks like one asks for a template that nobody needs. */
const TAKEN_IN = /\b(?:render|layout)\s*(['"])([a-z0-9][a-z0-9_-]{0,63}(?:@[1-9]\d{0,8})?)\1/g;

/** Lists the stored templates that the parts of one may take in, each once. */
export function partsIn(body: TemplateBody): string[] {
  const texts = PARTS.map((part) => body[part]).filter((text) => typeof text === 'string');
  return [...new Set(texts.flatMap((text) => Array.from(text.matchAll(TAKEN_IN), ([, , name = '']) => name)))];
}

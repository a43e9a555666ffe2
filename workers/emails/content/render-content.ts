import { CONTROL_CHARACTER } from '../../../src/fields/mail-address.ts';
import { HOUSE_COLOURS, type MailBrand, type MailColours } from '../brand/mail-brand.ts';
import { findBodyEnd } from '../html.ts';
import { MAX_SUBJECT_LENGTH } from '../input/limits.ts';
import type { EmailInput } from '../input/mail.ts';
import { languageOf } from '../words/language.ts';
import { directionOf, wordsOf } from '../words/words.ts';
import type { InlineCss } from './inline-css.ts';
import { renderMarkdown } from './markdown.ts';
import { type FileLink, type MailFacts, TemplateError, type Templates } from './templates.ts';
import { htmlToText } from './text/html-to-text.ts';

/** What the content is made of. */
export interface ContentSource
  extends Pick<EmailInput, 'subject' | 'text' | 'html' | 'markdown' | 'template' | 'variables' | 'lang' | 'inlineCss'> {
  unsubscribeUrl: string | null;
  links: FileLink[];
  brand?: MailBrand | null;
  colours?: MailColours;
}

/** A mail's content as it is sent; at least one of text and html is there. */
export interface MailContent {
  subject: string;
  text: string | undefined;
  html: string | undefined;
}

/** Whether the content is as it was posted, so that there is nothing to render. */
export const isPlain = ({ html, markdown, template, text, links, inlineCss }: ContentSource): boolean =>
  !inlineCss && template === undefined && markdown === undefined && links.length === 0 && (!html || Boolean(text));

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** Puts links below what the HTML shows, except those that its template shows itself. */
function addLinks(html: string, all: FileLink[]): string {
  const links = all.filter(({ url }) => !html.includes(escapeHtml(url)));
  if (links.length === 0) return html;
  const anchors = links.map(({ filename, url }) => `<a href="${escapeHtml(url)}">${escapeHtml(filename)}</a>`);
  const block = `<p style="margin:16px;font-family:sans-serif;">${anchors.join('<br>')}</p>`;
  const end = findBodyEnd(html);
  return `${html.slice(0, end)}${block}${html.slice(end)}`;
}

const linkLines = (text: string, links: FileLink[]): string =>
  links.map(({ filename, url }) => (text.includes(url) ? '' : `\n${filename}: ${url}\n`)).join('');

/** The text part of HTML; the subject where it shows pictures alone, as filters take an empty text for spam. */
function textOf(html: string, subject: string): string {
  const text = htmlToText(html);
  return text.trim() === '' ? `${subject}\n` : text;
}

/** Holds a subject that a template made to the rules of one that was posted. Throws TemplateError. */
function checkSubject(subject: string, template: string): string {
  const issue =
    subject === ''
      ? 'is empty'
      : CONTROL_CHARACTER.test(subject)
        ? 'has line breaks or other control characters'
        : subject.length > MAX_SUBJECT_LENGTH
          ? `has more than ${MAX_SUBJECT_LENGTH} characters`
          : null;
  if (issue) throw new TemplateError(`The template ${template} (subject) failed: what it makes ${issue}.`);
  return subject;
}

/**
 * Makes subject, html and text of whatever was posted: a template, markdown, html with or without a text, or text. The
 * text part of what has only html follows from it. `inlineCss` is what writes its styles into its elements, where that is
 * wanted. Throws TemplateError.
 */
export function renderContent(source: ContentSource, templates: Templates, inlineCss?: InlineCss): MailContent {
  const { subject: given = '', markdown, template, variables = {}, unsubscribeUrl, links } = source;
  const lang = languageOf(source) ?? 'en';
  const mail: MailFacts = {
    ...{ subject: given, unsubscribeUrl, links, lang, direction: directionOf(lang), words: wordsOf(lang) },
    ...{ brand: source.brand ?? null, colours: source.colours ?? HOUSE_COLOURS },
  };
  const made =
    template !== undefined
      ? templates.render(template, variables, mail)
      : { subject: given, text: source.text, html: markdown === undefined ? source.html : frameMarkdown(markdown) };
  if (made.html?.includes('\0') || made.text?.includes('\0')) {
    throw new TemplateError('What the mail shows must not contain the character NUL.');
  }
  const html = made.html && addLinks(made.html, links);
  const text = made.text || undefined;
  const subject = template === undefined ? given : checkSubject(made.subject ?? '', template);
  return {
    subject,
    html: (html && inlineCss ? inlineCss(html) : html) || undefined,
    text: text === undefined ? html && textOf(html, subject) : `${text}${linkLines(text, links)}`,
  };

  function frameMarkdown(written: string): string {
    return templates.frame(renderMarkdown(written), mail);
  }
}

import { Liquid, LiquidError } from 'liquidjs';
import type { MailBrand, MailColours } from '../brand/mail-brand.ts';
import type { MailWords } from '../words/languages.ts';
import { directionOf } from '../words/words.ts';
import { LAYOUT, type TemplateSources } from './template-files.ts';

/** What liquidjs may use for one mail; a template that needs more fails. */
const LIMITS = { parseLimit: 1_000_000, renderLimit: 2000, memoryLimit: 10_000_000 };

/** Thrown when a template can't be rendered; its message is a public sentence that names template and line. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** A template's parts, rendered; undefined where it has none of that name. */
export interface RenderedTemplate {
  subject: string | undefined;
  html: string | undefined;
  text: string | undefined;
}

/** Renders templates that lie in memory: neither a template nor a variable reaches the file system. */
export interface Templates {
  /** `variables` are the caller's; `mail` is ours, and wins over a variable of that name. Throws TemplateError. */
  render(name: string, variables: Record<string, unknown>, mail: MailFacts): RenderedTemplate;
  /** Puts finished HTML (of markdown) into the layout. */
  frame(html: string, mail: MailFacts): string;
}

/** What a template may show of its mail, as `mail.…`. */
export interface MailFacts {
  subject: string;
  /** The language of the mail, and the direction of its text. */
  lang: string;
  direction: 'rtl' | 'ltr';
  /** What the mail says by itself, in its language or English. */
  words: MailWords;
  /** Null without one. */
  brand: MailBrand | null;
  colours: MailColours;
  /** Null without one. */
  unsubscribeUrl: string | null;
  /** Files that the mail links to in place of bringing them along. */
  links: readonly FileLink[];
}

/** A file that the mail links to. */
export interface FileLink {
  filename: string;
  url: string;
}

/** Lets through an address that a mail may link to; throws for any other, which could run something or lead nowhere. */
function linkFilter(value: unknown): string {
  const text = String(value ?? '');
  if (URL.canParse(text) && ['https:', 'http:', 'mailto:', 'tel:'].includes(new URL(text).protocol)) return text;
  throw new Error('a link must be an absolute address with https:, http:, mailto: or tel:');
}

/** Tells the direction of a language's text: `rtl` or `ltr`. */
const directionFilter = (language: unknown): string => directionOf(String(language ?? ''));

/** Gives templates the filters of mails: `link` and `direction`. */
export function addMailFilters(engine: Liquid): void {
  engine.registerFilter('link', linkFilter);
  engine.registerFilter('direction', directionFilter);
}

/**
 * Liquid, and not Eta as in our pages: Eta's templates are JavaScript, which may use all of the process and run for
 * ever. Mail templates are an operator's and are filled with callers' variables, so they get a language without code,
 * with limits on time and memory, and with errors that name template and line.
 */
function createEngine(templates: TemplateSources, outputEscape?: 'escape'): Liquid {
  const engine = new Liquid({
    templates: Object.assign(Object.create(null), templates),
    ...(outputEscape ? { outputEscape } : {}),
    strictVariables: true,
    strictFilters: true,
    lenientIf: true,
    ownPropertyOnly: true,
    dynamicPartials: false,
    cache: true,
    ...LIMITS,
  });
  addMailFilters(engine);
  return engine;
}

/**
 * Makes the public error of liquidjs' one: "The template report-ready (html, line 12) failed: undefined variable:
 * title."
 */
function toTemplateError(thrown: unknown, name: string, part: string): TemplateError {
  // liquidjs wraps the error of a limit, and of our own filter, in one of its own.
  const { message } = thrown instanceof LiquidError ? (thrown.originalError ?? thrown) : (thrown as Error);
  const line = /, line:(\d+)/.exec(String((thrown as Error)?.message))?.[1];
  const file = /, file:([\w.-]+)/.exec(String((thrown as Error)?.message))?.[1];
  const reason = message.replace(/, (?:file|line):.*$/s, '').slice(0, 300);
  const place = [part, ...(file && file !== `${name}.${part}` ? [`in ${file}`] : []), line && `line ${line}`];
  return new TemplateError(`The template ${name} (${place.filter(Boolean).join(', ')}) failed: ${reason}.`, {
    cause: thrown,
  });
}

/** Compiles the templates as they are used. HTML parts escape every value; `| raw` in a template says otherwise. */
export function createTemplates(sources: TemplateSources): Templates {
  const html = createEngine(sources, 'escape');
  const plain = createEngine(sources);

  const renderPart = (name: string, part: 'subject' | 'html' | 'text', scope: object): string | undefined => {
    if (!Object.hasOwn(sources, `${name}.${part}`)) return undefined;
    try {
      return (part === 'html' ? html : plain).renderFileSync(`${name}.${part}`, scope) as string;
    } catch (error) {
      throw toTemplateError(error, name, part);
    }
  };

  return {
    render(name, variables, mail) {
      const subject = mail.subject === '' ? renderPart(name, 'subject', { ...variables, mail })?.trim() : mail.subject;
      const scope = { ...variables, mail: { ...mail, subject: subject ?? '' } };
      return { subject, html: renderPart(name, 'html', scope), text: renderPart(name, 'text', scope) };
    },
    frame(content, mail) {
      const source = `{% layout ${LAYOUT}.html %}{% block content %}{{ content | raw }}{% endblock %}`;
      return html.parseAndRenderSync(source, { content, mail });
    },
  };
}

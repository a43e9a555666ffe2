import type { Liquid, Template } from 'liquidjs';
import type { FieldError } from '../../../src/errors.ts';
import { escapeXml } from '../../../src/fields/escape-xml.ts';
import { fieldErrors, invalidRequest, pointerOf } from '../../../src/fields/invalid-request.ts';
import { createLiquid, type LiquidSetting, toFault } from '../../../src/liquid/liquid.ts';
import {
  type StoredTemplate,
  type TemplateBody,
  type TemplateEngine,
  TOO_LONG,
} from '../../../src/templates/template.ts';
import type { MailFacts } from '../content/templates.ts';
import { addMailFilters } from '../content/templates.ts';
import { factsOfFilled, languageOfFilled } from './mail-facts.ts';
import { PARTS, storedMail } from './stored-mail.ts';

type Part = (typeof PARTS)[number];

function createEngine(setting: LiquidSetting): Liquid {
  const engine = createLiquid(setting);
  addMailFilters(engine);
  return engine;
}

/** Makes the language of a part, with the same part of other templates to be taken in. */
const openEngine = (part: Part, parts: Readonly<Record<string, string>>): Liquid =>
  createEngine({ parts, ...(part === 'html' ? { escapeValue: escapeXml } : {}) });

const plain = openEngine('text', {});
const html = openEngine('html', {});
const engineOf = (part: Part): Liquid => (part === 'html' ? html : plain);

/** Checks the fields of a template, and that its parts are Liquid. */
function check(body: TemplateBody): void {
  const read = storedMail.safeParse(body);
  const faults: FieldError[] = fieldErrors(read.error, () => Object.keys(storedMail.shape));
  for (const part of read.success ? PARTS : []) {
    try {
      engineOf(part).parse(read.data?.[part] ?? '');
    } catch (thrown) {
      faults.push({ pointer: `/${part}`, detail: `can not be read as Liquid: ${toFault(thrown).message}` });
    }
  }
  if (faults.length > 0) throw invalidRequest(faults);
}

/** A part as it was read, and what fills it. */
interface ReadPart {
  engine: Liquid;
  parsed: Template[];
}

/** What a template's parts were read as: a batch fills it many times. */
const read = new WeakMap<StoredTemplate, Map<Part, ReadPart>>();

function readPart(part: Part, template: StoredTemplate, source: string): ReadPart {
  const known = read.get(template) ?? new Map<Part, ReadPart>();
  const before = known.get(part);
  if (before) return before;
  const engine = template.parts ? openEngine(part, textsOf(part, template.parts)) : engineOf(part);
  const made = { engine, parsed: engine.parse(source) };
  read.set(template, known.set(part, made));
  return made;
}

/** The same part of all that a template takes in. */
const textsOf = (part: Part, parts: NonNullable<StoredTemplate['parts']>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(parts).flatMap(([name, other]) => {
      const text = other?.body[part];
      return typeof text === 'string' ? [[name, text]] : [];
    }),
  );

const refuseTemplate = ({ name }: StoredTemplate, detail: string) =>
  invalidRequest([{ pointer: '/template', detail: `${detail}: the template "${name}"` }]);

interface Filling {
  template: StoredTemplate;
  variables: object;
  /** Ours: it wins over a variable of that name. */
  mail: MailFacts;
  /** When it must be done, by performance.now(). */
  until: number;
}

const hasPath = (value: unknown, [name, ...rest]: readonly string[]): boolean =>
  name === undefined ||
  (typeof value === 'object' &&
    value !== null &&
    Object.hasOwn(value, name) &&
    hasPath((value as Record<string, unknown>)[name], rest));

/** Fills one part. Throws invalid_request, at the variable that is missing where one is. */
function fillPart(part: Part, { template, variables, mail, until }: Filling): string | undefined {
  const { name, body } = template;
  const source = body[part];
  if (typeof source !== 'string') return undefined;
  const refuse = (detail: string, pointer = '/template') =>
    invalidRequest([{ pointer, detail: `${detail}: the template "${name}", /${part}` }]);
  const leftMs = until - performance.now();
  if (leftMs <= 0) throw refuse(TOO_LONG);
  try {
    const { engine, parsed } = readPart(part, template, source);
    const names = Object.assign(Object.create(null), variables, { mail });
    // What is taken in by `render` sees globals, and no other name that it is not given.
    return engine.renderSync(parsed, names, { globals: { mail }, renderLimit: leftMs }) as string;
  } catch (thrown) {
    const { message, missing = '' } = toFault(thrown);
    const [first = '', ...rest] = missing.split('.');
    if (first === 'mail') throw refuse(`can not be filled (this mail has no "${missing}")`);
    // What is taken in by `render` sees what it is given, and no variable of the request.
    if (first !== '' && hasPath(variables, [first, ...rest])) {
      throw refuse(`can not be filled (there is no "${missing}" in what it renders: give it along in \`render\`)`);
    }
    // A name may be one that the part has made itself: of a loop, or assigned.
    const isGiven = first !== '' && (rest.length === 0 || Object.hasOwn(variables, first));
    if (isGiven) throw refuse('must be given, since it is used by', pointerOf(['variables', first, ...rest]));
    throw refuse(`can not be filled (${missing === '' ? message : `there is no "${missing}"`})`);
  }
}

/** Fills all parts, the subject first: the others may show it. A subject that was given comes before the template's. */
function fillParts(subject: unknown, filling: Filling): Partial<Record<Part, string>> {
  const own = subject === undefined ? fillPart('subject', filling) : undefined;
  if (own !== undefined) filling.mail.subject = own;
  const [html, text] = [fillPart('html', filling), fillPart('text', filling)];
  return {
    ...(own === undefined ? {} : { subject: own }),
    ...(html === undefined ? {} : { html }),
    ...(text === undefined ? {} : { text }),
  };
}

/** Fills the templates of mails: what comes of one is the mail's own subject, HTML and text. */
export const engine: TemplateEngine = {
  check,
  expand(template, request, limitMs, surroundings) {
    const { template: _name, variables, ...given } = request;
    const own = variables ?? {};
    if (typeof own !== 'object' || Array.isArray(own)) {
      throw invalidRequest([{ pointer: '/variables', detail: 'must be an object' }]);
    }
    const together = ['html', 'text', 'markdown'].filter((part) => (given[part] ?? undefined) !== undefined);
    const detail = 'must not be given together with `template`';
    if (together.length > 0) throw invalidRequest(together.map((part) => ({ pointer: `/${part}`, detail })));
    if (template.fault !== undefined) throw refuseTemplate(template, template.fault);
    const filling = {
      ...{ template, variables: own, until: performance.now() + limitMs },
      mail: factsOfFilled(template, request, surroundings),
    };
    const made = fillParts(given['subject'] ?? undefined, filling);
    const lang = languageOfFilled(template, request);
    const { inlineCss } = template.body;
    const beside = { ...(inlineCss === undefined ? {} : { inlineCss }), ...(lang === null ? {} : { lang }) };
    return {
      body: { ...beside, ...given, ...made },
      sourceOf(pointer) {
        const part = pointer.split('/')[1] ?? '';
        return Object.hasOwn(made, part) ? { pointer: '/template', at: pointer } : { pointer };
      },
    };
  },
};

import { Liquid, LiquidError, type Template } from 'liquidjs';
import type { FieldError } from '../../../src/errors.ts';
import { fieldErrors, invalidRequest } from '../../../src/fields/invalid-request.ts';
import {
  FILLING_MS,
  type StoredTemplate,
  type TemplateBody,
  type TemplateEngine,
  TOO_LONG,
} from '../../../src/templates/template.ts';
import { addMailFilters } from '../content/templates.ts';
import { PARTS, storedMail } from './stored-mail.ts';

/** What liquidjs may use for one part of a mail. */
const LIMITS = { parseLimit: 100_000, memoryLimit: 10_000_000 };
/** Nothing of a template reaches a file, or another template. */
const LEFT_OUT = ['include', 'render', 'layout', 'block'];

type Part = (typeof PARTS)[number];

function createEngine(outputEscape?: 'escape'): Liquid {
  const engine = new Liquid({
    templates: {},
    ...(outputEscape ? { outputEscape } : {}),
    strictVariables: true,
    strictFilters: true,
    lenientIf: true,
    ownPropertyOnly: true,
    dynamicPartials: false,
    ...LIMITS,
  });
  for (const tag of LEFT_OUT) delete engine.tags[tag];
  addMailFilters(engine);
  return engine;
}

const plain = createEngine();
const html = createEngine('escape');
const engineOf = (part: Part): Liquid => (part === 'html' ? html : plain);

/** Says why, without the names of files that are none; liquidjs wraps the error of a limit, and of a filter. */
function reasonOf(thrown: unknown): string {
  const inner = thrown instanceof LiquidError ? (thrown.originalError ?? thrown) : (thrown as Error);
  const line = /, line:(\d+)/.exec(String((thrown as Error)?.message))?.[1];
  const reason = String(inner?.message ?? thrown)
    .replace(/, (?:file|line):.*$/s, '')
    .slice(0, 200);
  return line === undefined ? reason : `${reason} (line ${line})`;
}

/** Checks the fields of a template, and that its parts are Liquid. */
function check(body: TemplateBody): void {
  const read = storedMail.safeParse(body);
  const faults: FieldError[] = fieldErrors(read.error, () => Object.keys(storedMail.shape));
  for (const part of read.success ? PARTS : []) {
    try {
      engineOf(part).parse(read.data?.[part] ?? '');
    } catch (thrown) {
      faults.push({ pointer: `/${part}`, detail: `can not be read as Liquid: ${reasonOf(thrown)}` });
    }
  }
  if (faults.length > 0) throw invalidRequest(faults);
}

/** What a template's parts were read as: a batch fills it many times. */
const read = new WeakMap<StoredTemplate, Map<Part, Template[]>>();

function parsePart(part: Part, template: StoredTemplate, source: string): Template[] {
  const parts = read.get(template) ?? new Map<Part, Template[]>();
  const parsed = parts.get(part) ?? engineOf(part).parse(source);
  read.set(template, parts.set(part, parsed));
  return parsed;
}

interface Filling {
  template: StoredTemplate;
  variables: object;
  /** When it must be done, by performance.now(). */
  until: number;
}

/** Fills one part. Throws invalid_request, at the variable that is missing where one is. */
function fillPart(part: Part, { template, variables, until }: Filling): string | undefined {
  const { name, body } = template;
  const source = body[part];
  if (typeof source !== 'string') return undefined;
  const refuse = (detail: string, pointer = '/template') =>
    invalidRequest([{ pointer, detail: `${detail}: the template "${name}", /${part}` }]);
  const leftMs = until - performance.now();
  if (leftMs <= 0) throw refuse(TOO_LONG);
  try {
    const parsed = parsePart(part, template, source);
    const names = Object.assign(Object.create(null), variables);
    return engineOf(part).renderSync(parsed, names, { renderLimit: leftMs }) as string;
  } catch (thrown) {
    const reason = reasonOf(thrown);
    const missing = /^undefined variable: ([\w.-]+)/.exec(reason)?.[1];
    if (missing === undefined) throw refuse(`can not be filled (${reason})`);
    throw refuse('must be given, since it is used by', `/variables/${missing.replaceAll('.', '/')}`);
  }
}

/** Fills the templates of mails: what comes of one is the mail's own subject, HTML and text. */
export const engine: TemplateEngine = {
  check,
  expand(template, request, limitMs = FILLING_MS) {
    const { template: _name, variables, ...given } = request;
    const own = variables ?? {};
    if (typeof own !== 'object' || Array.isArray(own)) {
      throw invalidRequest([{ pointer: '/variables', detail: 'must be an object' }]);
    }
    const together = ['html', 'text', 'markdown'].filter((part) => (given[part] ?? undefined) !== undefined);
    const detail = 'must not be given together with `template`';
    if (together.length > 0) throw invalidRequest(together.map((part) => ({ pointer: `/${part}`, detail })));
    const asked = PARTS.filter((part) => part !== 'subject' || (given['subject'] ?? undefined) === undefined);
    const filling = { template, variables: own, until: performance.now() + limitMs };
    const filled = asked.map((part) => [part, fillPart(part, filling)] as const);
    const made = Object.fromEntries(filled.filter(([, text]) => text !== undefined));
    return {
      body: { ...given, ...made },
      sourceOf(pointer) {
        const part = pointer.split('/')[1] ?? '';
        return Object.hasOwn(made, part) ? { pointer: '/template', at: pointer } : { pointer };
      },
    };
  },
};

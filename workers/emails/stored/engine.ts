import type { Liquid, Template } from 'liquidjs';
import type { FieldError } from '../../../src/errors.ts';
import { escapeXml } from '../../../src/fields/escape-xml.ts';
import { fieldErrors, invalidRequest, pointerOf } from '../../../src/fields/invalid-request.ts';
import { createLiquid, type LiquidSetting, toFault } from '../../../src/liquid/liquid.ts';
import {
  FILLING_MS,
  type StoredTemplate,
  type TemplateBody,
  type TemplateEngine,
  TOO_LONG,
} from '../../../src/templates/template.ts';
import { addMailFilters } from '../content/templates.ts';
import { PARTS, storedMail } from './stored-mail.ts';

type Part = (typeof PARTS)[number];

function createEngine(setting: LiquidSetting): Liquid {
  const engine = createLiquid(setting);
  addMailFilters(engine);
  return engine;
}

const plain = createEngine({});
const html = createEngine({ escapeValue: escapeXml });
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
    const { message, missing = '' } = toFault(thrown);
    const [first = '', ...rest] = missing.split('.');
    // A name may be one that the part has made itself: of a loop, or assigned.
    const isGiven = first !== '' && (rest.length === 0 || Object.hasOwn(variables, first));
    if (isGiven) throw refuse('must be given, since it is used by', pointerOf(['variables', first, ...rest]));
    throw refuse(`can not be filled (${missing === '' ? message : `there is no "${missing}"`})`);
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

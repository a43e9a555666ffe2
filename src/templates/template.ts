import type { ShownBrand } from '../brands/brand.ts';
import type { Config } from '../config/platform.ts';
import type { Secrets } from '../signing/secret.ts';

/** A template that a caller has stored: the body of a request, whose texts and lists are filled with data. */
export type TemplateBody = Record<string, unknown>;

/** A stored template in one of its versions. */
export interface StoredTemplate {
  name: string;
  version: number;
  body: TemplateBody;
  /** Those that its texts take in, by what they call them, as they stand now; null for one that is not there. */
  parts?: Readonly<Record<string, StoredTemplate | null>>;
  /** Why it can't be filled whatever the data, as the end of a public sentence. */
  fault?: string;
}

/** What a template and the body of a request come to. */
export interface Expansion {
  body: object;
  /**
   * Leads a pointer into the expanded body back: to the request's own `data`, where the value came from there; else to
   * the template, at which place `at` is then.
   */
  sourceOf(pointer: string): { pointer: string; at?: string };
}

/** Milliseconds that filling templates may take of one request, or of all entries of a batch. */
export const FILLING_MS = 2000;

/** What the thread knows beside a request that a template is filled for. */
export interface Surroundings {
  /** Whose request it is. */
  caller: string;
  /** The brand that the job will have. */
  brand: ShownBrand | null;
  config: Config;
  /** The deployment's secrets, of which links are made. */
  secrets: Secrets;
}

/** Fills stored templates of a kind. */
export interface TemplateEngine {
  /** Finds what is wrong with a template, as far as that can be said without data. Throws invalid_request. */
  check(body: TemplateBody): void;
  /**
   * Fills a template with the data of a request, within so many milliseconds. Throws invalid_request, at the data that is
   * missing or wrong.
   */
  expand(template: StoredTemplate, request: TemplateBody, limitMs: number, surroundings: Surroundings): Expansion;
}

/** The end of the sentence that refuses what takes longer. */
export const TOO_LONG = `takes more than the ${FILLING_MS / 1000} seconds that a request has for filling templates`;

/** What templates may be called: not as a kind's own. */
export const TEMPLATE_NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** The name in a request: of the newest version, or of one behind an `@`. */
export const TEMPLATE_REFERENCE = /^([a-z0-9][a-z0-9_-]{0,63})(?:@([1-9]\d{0,8}))?$/;

/**
 * The stored template that a request asks for; undefined where it asks for none, or for one of the kind's own. What can be
 * no name is left to the kind's own check.
 */
export function templateIn(body: unknown, builtIn: readonly string[]): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { template } = body as { template?: unknown };
  const isStored = typeof template === 'string' && !builtIn.includes(template) && TEMPLATE_REFERENCE.test(template);
  return isStored ? template : undefined;
}

/** What requests ask for that is to be looked up before they can be read. */
export interface Wants {
  /** Stored templates, by their references. */
  templates: string[];
  /** Brands that these may show, by name. */
  brands: string[];
}

/** The templates of a kind, as far as they say what requests want. */
interface WantingTemplates {
  builtIn: readonly string[];
  showsBrand?: boolean;
}

/**
 * Lists what requests want, each once: nothing where none asks for a stored template. `usualBrand` is that of requests that
 * name none.
 */
export function wantsOf(
  bodies: readonly unknown[],
  templates: WantingTemplates | undefined,
  usualBrand: string | undefined,
): Wants {
  const filled = templates ? bodies.filter((body) => templateIn(body, templates.builtIn) !== undefined) : [];
  const references = filled.flatMap((body) => templateIn(body, templates?.builtIn ?? []) ?? []);
  const brands = templates?.showsBrand ? filled.flatMap((body) => shownBrandOf(body, usualBrand) ?? []) : [];
  return { templates: [...new Set(references)], brands: [...new Set(brands)] };
}

/** The name of the brand that the job of a request will have; undefined for none. */
export function shownBrandOf(body: unknown, usual: string | undefined): string | undefined {
  const { brand = usual } = body as { brand?: unknown };
  return typeof brand === 'string' && TEMPLATE_NAME.test(brand) ? brand : undefined;
}

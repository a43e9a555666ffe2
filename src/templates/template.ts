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

/** Fills stored templates of a kind. */
export interface TemplateEngine {
  /** Finds what is wrong with a template, as far as that can be said without data. Throws invalid_request. */
  check(body: TemplateBody): void;
  /**
   * Fills a template with the data of a request, within so many milliseconds. Throws invalid_request, at the data that is
   * missing or wrong.
   */
  expand(template: StoredTemplate, request: TemplateBody, limitMs?: number): Expansion;
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

/** The stored templates that requests ask for, each once; none of a kind without templates. */
export const templatesIn = (bodies: readonly unknown[], builtIn: readonly string[] | undefined): string[] =>
  builtIn ? [...new Set(bodies.flatMap((body) => templateIn(body, builtIn) ?? []))] : [];

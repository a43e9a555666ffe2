import type { Request } from 'express';
import type { Brands } from '../../../brands/store.ts';
import { invalidRequest } from '../../../fields/invalid-request.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import { formatLabel } from '../../../kinds/formats.ts';
import type { TemplatePage } from '../../../kinds/page.ts';
import type { OwnedFacts, OwnedRecord } from '../../../redis/owned/owned-records.ts';
import type { Templates } from '../../../templates/store.ts';
import { brandName } from '../../api/brands/brand-fields.ts';
import { type BrandsDeps, createBrandActions } from '../../api/brands/brands.ts';
import { putTemplate, type TemplatesDeps, templateName } from '../../api/templates/templates.ts';
import { BRAND_EXAMPLE } from '../../openapi/rows/brands.ts';
import { TEMPLATE_DATA, TEMPLATE_EXAMPLE } from '../../openapi/rows/templates.ts';

/** A sort of what callers store under names, as its pages show it. */
export interface StoredSort {
  path: string;
  title: string;
  /** What one of them is called in a sentence. */
  one: 'brand' | 'template';
  intro: string;
  /** The operation of the API that does the same. */
  operation: string;
  /** The scopes of which a key needs one. */
  scopes: readonly [string, ...string[]];
  /** The kind of the job that shows one. */
  shownBy: string;
  /** The fields that it is written in as texts; without them it is written as JSON. */
  texts?: TemplatePage['texts'];
  flags?: TemplatePage['flags'];
  /** Fields of the request that it may be tried with. */
  beside?: TemplatePage['beside'];
  /** What trying it does, in a sentence. */
  trying: string;
  /** What a new one is begun with. */
  example: object;
  /** What it is tried with; null where nothing is to be typed for that. */
  sample: object | null;
  list(caller: string): Promise<OwnedFacts[]>;
  find(caller: string, name: string, version?: number): Promise<OwnedRecord<object> | null>;
  /** Puts one in the place of a version (0: of none). Throws what is wrong with it. */
  put(req: Request, given: { name: string; given: unknown; expected: number }): Promise<void>;
  remove(caller: string, name: string): Promise<boolean>;
  /** The body of a job that shows it, filled with what was typed. */
  previewOf(name: string, data: unknown): object;
  /** The page of that job; its own without it. */
  shownAt?(job: string): string;
  /** The body of a job that sends it to an address, where it can be sent. */
  testOf?(name: string, data: unknown, to: string): object;
}

export interface SortsDeps extends BrandsDeps, TemplatesDeps {
  brands: Brands;
  templates: Templates;
}

/** What a brand is shown on. */
const SAMPLE_REPORT = {
  title: 'Sales in October',
  subtitle: 'A report to see the brand on',
  blocks: [
    { type: 'heading', text: 'Summary' },
    { type: 'text', text: 'Sales **grew** by 12 per cent, see [the figures](https://example.com/).' },
    {
      type: 'table',
      columns: [
        { key: 'region', title: 'Region' },
        { key: 'amount', title: 'Amount', format: 'number:2' },
      ],
      rows: [
        { region: 'North', amount: 1234.5 },
        { region: 'South', amount: 899 },
      ],
      totals: { amount: 'sum' },
    },
    { type: 'chart', chart: 'bar', categories: ['Jan', 'Feb', 'Mar'], series: [{ name: '2026', values: [3, 4, 5] }] },
  ],
};

const TRYING = 'Shows the first page of a report by the newest version that is saved.';

/** The brands of the key that is signed in. */
export function brandSort(deps: SortsDeps, reports: string): StoredSort {
  const { brands } = deps;
  const actions = createBrandActions(deps);
  return {
    path: '/brands',
    title: 'Brands',
    one: 'brand',
    intro: 'How papers and mails look: a logo, colours, what stands at their head and foot. They name one as “brand”.',
    operation: 'putBrand',
    scopes: [reports, 'emails', 'admin'],
    shownBy: reports,
    trying: TRYING,
    example: BRAND_EXAMPLE,
    sample: null,
    list: brands.list,
    find: brands.find,
    async put(req, given) {
      assertName(brandName, given.name);
      await actions.put(req, given);
    },
    remove: (caller, name) => brands.remove(caller, name),
    previewOf: (name) => ({ brand: name, preview: true, data: SAMPLE_REPORT }),
  };
}

/** The templates of reports of the key that is signed in. */
export function templateSort(deps: SortsDeps, contract: Pick<JobContract, 'kind' | 'templates'>): StoredSort {
  return {
    ...storedTemplates(deps, contract),
    path: '/templates',
    title: 'Templates',
    intro: 'Reports that stand ready, to be filled with the data of each request, which names one as “template”.',
    trying: TRYING,
    example: TEMPLATE_EXAMPLE,
    sample: TEMPLATE_DATA,
    previewOf: (name, data) => ({ template: name, preview: true, data }),
  };
}

/** The templates of a kind that has a page of its own for them. */
export function textSort(
  deps: SortsDeps,
  contract: Pick<JobContract, 'kind' | 'templates'>,
  page: TemplatePage,
): StoredSort {
  return { ...storedTemplates(deps, contract), ...page };
}

/** What the pages of the templates of all kinds have in common. */
function storedTemplates(deps: SortsDeps, { kind, templates }: Pick<JobContract, 'kind' | 'templates'>) {
  const store = deps.templates(kind);
  const nameField = templateName(templates?.builtIn ?? []);
  return {
    one: 'template',
    operation: `put${formatLabel(kind)}Template`,
    scopes: [kind, 'admin'],
    shownBy: kind,
    list: store.list,
    find: store.find,
    async put(req, given) {
      assertName(nameField, given.name);
      await putTemplate(req, deps, { kind, ...given });
    },
    remove: (caller, name) => store.remove(caller, name),
  } satisfies Partial<StoredSort>;
}

function assertName(field: typeof brandName, given: string): void {
  const name = field.safeParse(given);
  if (!name.success) throw invalidRequest([{ pointer: '/name', detail: name.error.issues[0]?.message ?? '' }]);
}

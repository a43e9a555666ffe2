import { formatBytes } from '../../../src/kinds/formats.ts';
import type { KindForm } from '../../../src/kinds/page.ts';
import { lazy } from '../../../src/lazy.ts';
import { DELIMITERS, ENCODINGS } from '../input/table.ts';
import type { ReportsConfig } from '../settings.ts';
import { PASTED, toReportBody } from './report-body.ts';
import { fromReport, takeRows } from './report-fields.ts';
import { SHAPE_FIELDS, TESTS } from './shape-fields.ts';

const PATH = '/reports/new';

/** The languages that reports have words in, with where they are spoken: their own names. */
const LOCALES = [
  'en-GB',
  'en-US',
  'nb-NO',
  'nn-NO',
  'da-DK',
  'sv-SE',
  'fi-FI',
  'de-DE',
  'nl-NL',
  'fr-FR',
  'es-ES',
  'it-IT',
  'pl-PL',
  'pt-PT',
  'pt-BR',
  'cs-CZ',
  'sk-SK',
  'hu-HU',
  'ro-RO',
  'sl-SI',
  'hr-HR',
  'et-EE',
  'lv-LV',
  'lt-LT',
  'is-IS',
  'el-GR',
  'bg-BG',
  'uk-UA',
  'tr-TR',
  'he-IL',
  'ar-EG',
  'ja-JP',
  'ko-KR',
  'zh-Hans-CN',
  'zh-Hant-TW',
];
const localeNames = lazy(() =>
  LOCALES.map((locale) => {
    const name = new Intl.DisplayNames(locale, { type: 'language' }).of(locale) ?? locale;
    return { value: locale, text: name.charAt(0).toLocaleUpperCase(locale) + name.slice(1) };
  }),
);

/** The form's fields as they are at first. The file is the last one: see the view. */
const FIELDS: Record<string, string> = {
  title: '',
  locale: '',
  orientation: 'portrait',
  columns: '',
  sums: '',
  chart: '',
  category: '',
  value: '',
  by: '',
  line: '',
  ...SHAPE_FIELDS,
  formats: '',
  sheet: '',
  decimal: '',
  delimiter: '',
  encoding: '',
  skipRows: '',
  header: '',
  splitBy: '',
  // The PDF is named by the title; a report that was sent over the API may have no name.
  fileName: '1',
  preview: '',
  pasted: '',
  file: '',
};

/** `/reports/new`: a table, or a chart too, from a file or from pasted rows. */
export const dataForm: KindForm = {
  path: PATH,
  view: '@reports/form',
  fields: FIELDS,
  page: { frame: { title: 'Report', part: 'reports/form' }, nav: 'Report' },
  hasFiles: true,
  data: (settings) => ({
    locales: localeNames(),
    encodings: ENCODINGS,
    delimiters: DELIMITERS,
    tests: TESTS.map(([value, text]) => ({ value, text })),
    maxSize: formatBytes((settings as ReportsConfig).REPORTS_MAX_FILE_BYTES),
  }),
  localize: (choose) => ({ locale: choose(LOCALES) ?? 'en-GB' }),
  refill: fromReport,
  takeUploads: takeRows,
  textFile: PASTED,
  toBody: toReportBody,
};

import { type Request, type Response, Router } from 'express';
import type { Config } from '../../config/load.ts';
import type { Problem } from '../../errors.ts';
import { type AcceptDeps, acceptUpload } from '../api/accept.ts';
import { receivedFields } from '../api/upload.ts';
import { callerOrNull, requireScope } from '../auth/identify.ts';
import { formatBytes } from './formats.ts';
import { type FormState, placeFaults } from './home.ts';
import { toReportBody } from './report-body.ts';
import type { Views } from './views.ts';

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
];
const LOCALE_NAMES = LOCALES.map((locale) => {
  const name = new Intl.DisplayNames(locale, { type: 'language' }).of(locale) ?? locale;
  return { value: locale, text: name.charAt(0).toLocaleUpperCase(locale) + name.slice(1) };
});

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
  pasted: '',
  file: '',
};

export interface ReportFormData extends FormState {
  path: string;
  locales: { value: string; text: string }[];
  maxSize: string;
}

export interface ReportFormDeps extends AcceptDeps {
  config: Config;
  views: Views;
}

/** `/reports/new`: a table, or a chart too, from a file or from pasted rows; `renderFaults` shows the form again. */
export function createReportFormRouter(deps: ReportFormDeps) {
  const { contracts, config, views } = deps;
  const router = Router();
  const contract = contracts.find(({ kind }) => kind === 'reports');

  const render = (req: Request, res: Response, state: FormState) => {
    const locale = req.acceptsLanguages(LOCALES) || 'en-GB';
    const values = { ...state.values, locale: state.values.locale || locale };
    const maxSize = formatBytes(config.REPORT_MAX_FILE_BYTES);
    const data = { ...state, values, path: PATH, locales: LOCALE_NAMES, maxSize };
    views.render(req, res, 'report-form', { title: 'Report', part: 'report-form' }, data);
  };

  if (contract?.upload) {
    const { jsonField, ...rules } = contract.upload;
    router.get(PATH, requireScope('reports'), (req, res) => {
      render(req, res, { values: FIELDS, faults: {}, general: null });
    });
    router.post(PATH, requireScope('reports'), acceptUpload(contract, rules, deps, toReportBody));
  }

  return {
    router,
    /** Shows the form that was posted again, with the problem at its field; false when it was another form. */
    renderFaults(req: Request, res: Response, problem: Problem): boolean {
      const isOurs = contract?.upload && req.method === 'POST' && req.path === PATH;
      if (!isOurs || !callerOrNull(req)?.scopes.has('reports')) return false;
      const typed = receivedFields(req);
      const values = Object.keys(FIELDS).map((name) => [name, typed.get(name) ?? '']);
      render(req, res, { values: Object.fromEntries(values), ...placeFaults(problem, Object.keys(FIELDS)) });
      return true;
    },
  };
}

import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import type { Problem } from '../../errors.ts';
import type { JobContract } from '../../jobs/contract.ts';
import { type FormState, placeErrors } from '../../kinds/form-state.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { KindForm, PostedForm } from '../../kinds/page.ts';
import { type AcceptDeps, acceptBody, acceptUpload } from '../api/accept.ts';
import { receivedFields } from '../api/upload.ts';
import { callerOrNull, requireScope } from '../auth/identify.ts';
import type { Views } from './views.ts';

const MAX_FORM_BYTES = 100_000;

/** A form of a kind, every text ready: its template's data. */
export interface KindFormView extends FormState {
  kind: string;
  path: string;
  view: string;
  hasFiles: boolean;
  /** The error at a field; '' for none. */
  errorOf(name: string): string;
  /** The attributes that tie a field to its error and its hint. */
  describe(name: string, hint?: string): string;
}

/** The forms by which people post jobs. */
export interface KindForms {
  /** The forms with pages of their own, and the paths that forms are posted to. */
  router: Router;
  /** The forms that stand on the first page, empty. */
  onHome(req: Request): KindFormView[];
  /** Says how the first page is shown, with one of its forms as it was posted. */
  showOnHome(show: (req: Request, res: Response, form: KindFormView) => void): void;
  /** Shows the form that was posted again, with the problem at its field; false when no form was posted. */
  showErrors(req: Request, res: Response, problem: Problem): boolean;
}

export interface KindFormsDeps extends AcceptDeps {
  kinds: readonly Kind[];
  views: Views;
}

interface Entry {
  contract: JobContract;
  scope: string;
  form: KindForm;
}

/** Mounts the forms that the kinds bring. */
export function createKindForms(deps: KindFormsDeps): KindForms {
  const { views } = deps;
  const router = Router();
  const entries = listForms(deps);
  let showHome: (req: Request, res: Response, form: KindFormView) => void = () => {};

  const describe = (entry: Entry, req: Request, state: FormState) => describeForm(entry, deps, req, state);
  const empty = ({ form }: Entry): FormState => ({ values: { ...form.fields }, faults: {}, general: null });
  const show = (entry: Entry, req: Request, res: Response, state: FormState) => {
    const { form } = entry;
    const view = describe(entry, req, state);
    if (form.page) views.page<KindFormView>(form.view)(req, res, form.page.frame, view);
    else showHome(req, res, view);
  };

  for (const entry of entries) {
    const { form, scope } = entry;
    if (form.page) router.get(form.path, requireScope(scope), (req, res) => show(entry, req, res, empty(entry)));
    const accept = form.toBody && createAcceptForm(entry, form.toBody, deps);
    if (accept) router.post(form.path, requireScope(scope), ...accept);
  }

  return {
    router,
    onHome: (req) => entries.filter(({ form }) => !form.page).map((entry) => describe(entry, req, empty(entry))),
    showOnHome: (render) => {
      showHome = render;
    },
    showErrors(req, res, problem) {
      const posted = entries.find(({ form }) => form.path === req.path);
      if (!posted || req.method !== 'POST' || !callerOrNull(req)?.scopes.has(posted.scope)) return false;
      const { hasFiles, fields } = posted.form;
      const typed = hasFiles ? receivedFields(req) : new Map(Object.entries(req.body ?? {}));
      const names = Object.keys(fields);
      // Where a file is refused at once fewer fields have come: the others stand as they were proposed.
      const values = names.map((name) => [name, String(typed.get(name) ?? fields[name])]);
      show(posted, req, res, { values: Object.fromEntries(values), ...placeErrors(problem, names) });
      return true;
    },
  };
}

/** The forms of the kinds that take jobs, with the contracts as they are configured. */
function listForms({ kinds, contracts }: KindFormsDeps): Entry[] {
  return kinds.flatMap(({ contract: { kind }, scope, page }) => {
    const contract = contracts.find((one) => one.kind === kind);
    return contract && scope ? (page.forms ?? []).map((form) => ({ contract, scope, form })) : [];
  });
}

/** The handlers of a form whose JSON body is made of what was typed. */
function createAcceptForm(
  { contract, form: { hasFiles } }: Entry,
  toBody: NonNullable<KindForm['toBody']>,
  deps: AcceptDeps,
): RequestHandler[] {
  const makeBody = async (posted: PostedForm) => toBody(posted, contract);
  if (hasFiles && contract.upload) {
    const { jsonField: _, ...rules } = contract.upload;
    return [acceptUpload(contract, rules, deps, makeBody)];
  }
  const accept = acceptBody(contract, deps);
  return [
    express.urlencoded({ extended: false, limit: MAX_FORM_BYTES }),
    async (req, res) => accept(req, res, await makeBody(withoutFiles(req))),
  ];
}

function withoutFiles(req: Request): PostedForm {
  const typed = Object.entries((req.body ?? {}) as Record<string, string | string[]>);
  return {
    fields: new Map(typed.map(([name, text]) => [name, [text].flat()])),
    files: {},
    keepText: () => Promise.reject(new Error('the form takes no files')),
  };
}

function describeForm(
  { contract, form }: Entry,
  { config }: Pick<AcceptDeps, 'config'>,
  req: Request,
  state: FormState,
): KindFormView {
  const local = form.localize?.((languages) => req.acceptsLanguages([...languages]) || undefined) ?? {};
  const chosen = Object.entries(local).map(([name, value]) => [name, state.values[name] || value]);
  const errorOf = (name: string): string => state.faults[name] ?? '';
  return {
    ...form.data?.(config, contract),
    ...state,
    values: { ...state.values, ...Object.fromEntries(chosen) },
    kind: contract.kind,
    path: form.path,
    view: form.view,
    hasFiles: form.hasFiles ?? false,
    errorOf,
    describe: (name, hint = '') => {
      const ids = [hint, `${contract.kind}-${name}-fault`].filter(Boolean).join(' ');
      return ` aria-describedby="${ids}"${errorOf(name) ? ' aria-invalid="true"' : ''}`;
    },
  };
}

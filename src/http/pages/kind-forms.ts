import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import type { Problem } from '../../errors.ts';
import type { JobContract } from '../../jobs/contract.ts';
import type { StoredJob } from '../../jobs/stored-job.ts';
import { type FormState, placeErrors } from '../../kinds/form-state.ts';
import { formatBytes } from '../../kinds/formats.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { KindForm, PostedForm } from '../../kinds/page.ts';
import { createFormToken, FORM_TOKEN, readFormToken } from '../actions/form-token.ts';
import { type AcceptDeps, acceptBody, acceptUpload } from '../api/accept/accept.ts';
import { type KeptFile, keptFiles, showKept } from '../api/accept/files/kept-files.ts';
import { maySee } from '../api/job-finder.ts';
import { receivedFields } from '../api/upload/multipart.ts';
import { callerOrNull, requireScope } from '../auth/identify.ts';
import { createFormKeeper, type KeptForm } from './forms/kept-form.ts';
import { createRefill } from './forms/refill.ts';
import type { Views } from './views.ts';

const MAX_FORM_BYTES = 100_000;

/** A form as it stands on a page. */
interface ShownState extends FormState {
  /** The same content with the same token is the same job. */
  formToken: string;
  /** What is said of values that did not come from this page; null for none. */
  note: string | null;
  /** The files that it keeps, by field. */
  kept: Record<string, KeptFile>;
}

/** A form of a kind, every text ready: its template's data. */
export interface KindFormView extends ShownState {
  kind: string;
  path: string;
  view: string;
  hasFiles: boolean;
  /** Whether the page answers a form that was posted. */
  isAnswer: boolean;
  /** Whose form it is. */
  caller: string;
  /** The error at a field; '' for none. */
  errorOf(name: string): string;
  /** The file that is kept for a field, every text ready; null for none. */
  keptOf(name: string): { field: string; id: string; name: string; bytes: number; size: string } | null;
  /** The attributes that tie a field to its error and its hint; the first with an error has the focus. */
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
  /** The form of this page that the request's `from` fills in with what a job was asked for; null for none. */
  refilled(req: Request): Promise<KindFormView | null>;
  /** Where a form is filled in with what the job was asked for; null where no form says all of it. */
  refillUrl(job: StoredJob): Promise<string | null>;
  /** Seals what somebody typed who is not signed in (any more); `kept` is null where it was no form or too much. */
  keep(req: Request, res: Response): Promise<KeptForm | null>;
  /** Shows the form that was kept to who is signed in by now; false when the text is not ours or not for the caller. */
  showKept(req: Request, res: Response, kept: string): Promise<boolean>;
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
  const router = Router();
  const entries = listForms(deps);
  const refill = createRefill(deps);
  const keeper = createFormKeeper(deps.secrets);
  const display = createDisplay(deps);
  const postedBy = (req: Request) =>
    req.method === 'POST' ? entries.find(({ form }) => form.path === req.path) : undefined;

  const refilled: KindForms['refilled'] = async (req) => {
    const { from } = req.query;
    const job = typeof from === 'string' ? await deps.producer.find(from) : null;
    if (!job || !maySee(req, job.envelope)) return null;
    for (const entry of entries) {
      const known = placeOf(entry) === req.path ? await refill(entry, job) : null;
      if (known) return display.describe(entry, req, known);
    }
    return null;
  };

  for (const entry of entries) {
    const { form, scope } = entry;
    if (form.page) {
      router.get(form.path, requireScope(scope), async (req, res) =>
        display.show(entry, req, res, (await refilled(req)) ?? display.describe(entry, req)),
      );
    }
    const accept = form.toBody && createAcceptForm(entry, form.toBody, deps);
    if (accept) router.post(form.path, requireScope(scope), ...accept);
  }

  return {
    router,
    onHome: (req) => entries.filter(({ form }) => !form.page).map((entry) => display.describe(entry, req)),
    showOnHome: display.showOnHome,
    refilled,
    async refillUrl(job) {
      for (const entry of entries) {
        if (await refill(entry, job)) return `${placeOf(entry)}?from=${job.id}`;
      }
      return null;
    },
    async keep(req, res) {
      const posted = postedBy(req);
      return posted ? keeper.keep(req, res, posted.form) : null;
    },
    async showKept(req, res, sealed) {
      const opened = keeper.open(sealed);
      const entry = opened && entries.find(({ form }) => form.path === opened.path);
      if (!entry || !callerOrNull(req)?.scopes.has(entry.scope)) return false;
      const kept = await showKept(req, deps, new Map(Object.entries(opened.values))).catch(() => ({}));
      display.show(entry, req, res, display.describe(entry, req, { ...opened, kept }));
      return true;
    },
    showErrors(req, res, problem) {
      const posted = postedBy(req);
      if (!posted || !callerOrNull(req)?.scopes.has(posted.scope)) return false;
      display.show(posted, req, res, display.describe(posted, req, refusedState(posted, req, problem)));
      return true;
    },
  };
}

/** The form that was posted, as it was typed, with the problem at its field. */
function refusedState({ form }: Entry, req: Request, problem: Problem): Partial<ShownState> {
  const typed = form.hasFiles ? receivedFields(req) : new Map(Object.entries(req.body ?? {}));
  const names = Object.keys(form.fields);
  // Where a file is refused at once fewer fields have come: the others stand as they were proposed.
  const values = names.map((name) => [name, String(typed.get(name) ?? form.fields[name])]);
  const { faults, general } = placeErrors(problem, names);
  const isSafe = general !== null && problem.retryable;
  // With its token it can be sent again without fear, whatever became of it.
  const formToken = readFormToken(req, typed.get(FORM_TOKEN)) ?? createFormToken();
  return {
    values: Object.fromEntries(values),
    faults,
    general: isSafe ? `${general} Sending this form again makes no second job.` : general,
    formToken,
    kept: keptFiles(req),
  };
}

/** Makes what shows forms: those without a page of their own stand on the first page. */
function createDisplay(deps: KindFormsDeps) {
  let showHome: (req: Request, res: Response, form: KindFormView) => void = () => {};
  return {
    showOnHome: (render: typeof showHome): void => {
      showHome = render;
    },
    /** A form as it is at first, but for what is given. */
    describe: (entry: Entry, req: Request, given: Partial<ShownState> = {}): KindFormView => {
      const values = { ...entry.form.fields, ...given.values };
      const first = { faults: {}, general: null, formToken: createFormToken(), note: null, kept: {} };
      return describeForm(entry, deps, req, { ...first, ...given, values });
    },
    show({ form }: Entry, req: Request, res: Response, view: KindFormView): void {
      if (form.page) deps.views.page<KindFormView>(form.view)(req, res, { ...form.page.frame, isFilledIn: true }, view);
      else showHome(req, res, view);
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

/** The page that a form stands on. */
const placeOf = ({ form }: Entry): string => (form.page ? form.path : '/');

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
    async (req, res) => {
      const token = readFormToken(req, (req.body as Record<string, unknown> | undefined)?.[FORM_TOKEN]);
      await accept(req, res, await makeBody(withoutFiles(req)), token);
    },
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
  state: ShownState,
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
    isAnswer: req.method === 'POST',
    caller: callerOrNull(req)?.name ?? '',
    errorOf,
    keptOf: (name) => {
      const file = Object.hasOwn(state.kept, name) ? state.kept[name] : undefined;
      return file
        ? { field: name, id: file.id, name: file.name, bytes: file.bytes, size: formatBytes(file.bytes) }
        : null;
    },
    describe: (name, hint = '') => {
      const ids = [hint, `${contract.kind}-${name}-fault`].filter(Boolean).join(' ');
      return ` aria-describedby="${ids}"${errorOf(name) ? ' aria-invalid="true" autofocus' : ''}`;
    },
  };
}

import express, { type Request, type Response, Router } from 'express';
import type { Config } from '../../config/load.ts';
import type { Problem } from '../../errors.ts';
import type { JobContract } from '../../jobs/contract.ts';
import { type AcceptDeps, acceptBody } from '../api/accept.ts';
import { receivedFields } from '../api/upload.ts';
import { callerOf, callerOrNull, requireScope } from '../auth/identify.ts';
import { fieldsSchema } from '../openapi/requests.ts';
import { formatBytes, formatLabel } from './formats.ts';
import type { Views } from './views.ts';

/** Codes that are about the uploaded file, whether or not they name it. */
const ABOUT_THE_FILE = new Set(['unsupported_media_type', 'image_unreadable', 'payload_too_large']);

/** A form as it was typed, and what is wrong with it. */
export interface FormState {
  values: Record<string, string>;
  faults: Record<string, string>;
  /** A fault of no field in particular. */
  general: string | null;
}

export interface HomeData {
  /** By kind; the kinds the caller may post. */
  forms: Record<string, FormState>;
  maxBytes: number;
  maxSize: string;
  /** Names of the sets of options that there are for images. */
  presets: string[];
}

/** Where each form posts to, and its fields as they are at first. */
const FORMS: Record<string, { path: string; fields: Record<string, string> }> = {
  images: {
    path: '/v1/images',
    fields: { preset: '', width: '800', height: '', fit: '', format: '', quality: '', file: '' },
  },
  reports: { path: '/reports', fields: { month: '2026-10', name: 'Kari Nordmann' } },
  emails: {
    path: '/emails',
    fields: { to: '', subject: 'A test mail', text: 'Hello!\n\nThis mail was sent by a Heavylift worker.\n' },
  },
};

export interface HomeDeps extends AcceptDeps {
  config: Config;
  views: Views;
}

/** `/`: the upload form, and small forms that post a report and a mail; `renderFaults` shows a form again. */
export function createHomeRouter(deps: HomeDeps) {
  const { contracts, config, views } = deps;
  const router = Router();
  const presets = presetsOf(contracts.find(({ kind }) => kind === 'images'));

  const render = (req: Request, res: Response, changed: Record<string, FormState> = {}) => {
    const { scopes } = callerOf(req);
    const open = Object.entries(FORMS).filter(
      ([kind]) => scopes.has(kind) && contracts.some((one) => one.kind === kind),
    );
    const forms = open.map(([kind, { fields }]) => [
      kind,
      changed[kind] ?? { values: fields, faults: {}, general: null },
    ]);
    const data = { forms: Object.fromEntries(forms), maxBytes: config.IMAGE_MAX_BYTES };
    views.render(req, res, 'home', { title: 'Upload' }, { ...data, presets, maxSize: formatBytes(data.maxBytes) });
  };

  router.get('/', (req, res) => render(req, res));

  const readForm = express.urlencoded({ extended: false, limit: 100_000 });
  for (const [kind, toBody] of Object.entries({ reports: toReport, emails: toEmail })) {
    const contract = contracts.find((one) => one.kind === kind);
    if (!contract) continue;
    const accept = acceptBody(contract, deps);
    router.post(`/${kind}`, requireScope(kind), readForm, (req, res) =>
      accept(req, res, toBody(req.body ?? {}, contract)),
    );
  }

  return {
    router,
    /** Shows the form that was posted again, with the problem at its field; false when no form of this page was posted. */
    renderFaults(req: Request, res: Response, problem: Problem): boolean {
      const [kind, form] = Object.entries(FORMS).find(([, { path }]) => path === req.path) ?? [];
      if (!kind || !form || req.method !== 'POST' || !callerOrNull(req)?.scopes.has(kind)) return false;
      const typed = kind === 'images' ? receivedFields(req) : new Map(Object.entries(req.body ?? {}));
      const values = Object.keys(form.fields).map((name) => [name, String(typed.get(name) ?? form.fields[name])]);
      render(req, res, {
        [kind]: { values: Object.fromEntries(values), ...placeFaults(problem, Object.keys(form.fields)) },
      });
      return true;
    },
  };
}

/** Puts each fault at the field its pointer leads to; what leads nowhere is said above the form. */
export function placeFaults(problem: Problem, fields: string[]): Pick<FormState, 'faults' | 'general'> {
  const faults: Record<string, string> = {};
  for (const { pointer, detail } of problem.errors ?? []) {
    const field = pointer.split('/').find((part) => fields.includes(part));
    if (field) faults[field] ??= toSentence(field, detail);
  }
  if (Object.keys(faults).length > 0) return { faults, general: null };
  if (ABOUT_THE_FILE.has(problem.code) && fields.includes('file'))
    return { faults: { file: problem.detail }, general: null };
  return { faults, general: problem.detail };
}

/** "is empty" becomes "File is empty."; a detail that is a sentence of its own stays one. */
function toSentence(field: string, detail: string): string {
  const sentence = /^(is|must|has|needs)\b/.test(detail) ? `${formatLabel(field)} ${detail}` : detail;
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1).replace(/\.$/, '')}.`;
}

/** The values that the field `preset` of a kind may have. */
function presetsOf(contract: JobContract | undefined): string[] {
  const names = contract && fieldsSchema(contract).properties?.['preset']?.['enum'];
  return Array.isArray(names) ? names.map(String) : [];
}

type Typed = Record<string, unknown>;

const toEmail = ({ to, subject, text }: Typed): Typed => ({ to: splitAddresses(to), subject, text });

/** Addresses as people type them, with commas between; a name in quotes may hold one. */
const splitAddresses = (to: unknown): string[] =>
  (String(to ?? '').match(/(?:"[^"]*"|[^,;])+/g) ?? []).map((part) => part.trim()).filter(Boolean);

/** The kind's own example, for the person and month that were typed. */
function toReport({ month, name }: Typed, { example }: JobContract): Typed {
  const data = example.data as { rows?: Record<string, unknown>[] };
  const rows = (data.rows ?? []).map((row) => ({
    ...row,
    date: String(row.date).replace(/^\d{4}-\d{2}/, String(month)),
  }));
  return { ...example, data: { ...data, rows, month, name } };
}

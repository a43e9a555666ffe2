import { METHODS } from '../../src/fetch/send.ts';
import type { JobView } from '../../src/jobs/job-view.ts';
import type { StoredJob } from '../../src/jobs/stored-job.ts';
import type { CardParts, KindForm, KindPage } from '../../src/kinds/page.ts';
import { type CallInput, methodOf } from './input/call.ts';
import type { CallResult } from './job.ts';

/** A call as a person tries one. */
const form: KindForm = {
  path: '/calls',
  view: '@calls/form',
  page: { frame: { title: 'Call an API' }, nav: 'Call' },
  fields: { url: '', method: 'GET', headers: '', body: '' },
  data: () => ({ methods: METHODS }),
  refill(input) {
    const { url, headers, json, body, ...call } = input as CallInput;
    // They are sealed, since they may be credentials.
    if (headers !== undefined) return null;
    const text = json === undefined ? (body ?? '') : JSON.stringify(json, null, 2);
    return { url, method: methodOf({ ...call, json, body }), headers: '', body: text };
  },
  toBody({ fields }) {
    const text = (name: string) => fields.get(name)?.[0] ?? '';
    return {
      url: text('url').trim(),
      method: text('method'),
      ...readHeaders(text('headers')),
      ...readBody(text('body')),
    };
  },
};

/** What pages show of the calls kind. */
export const page: KindPage = { name: 'Call', forms: [form], describe: describeCall };

/** Reads headers as people write them: a line each, its name before a colon. */
function readHeaders(text: string): { headers?: Record<string, string> } {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.length === 0) return {};
  const entries = lines.map((line) => {
    const [name = '', ...value] = line.split(':');
    return [name.trim(), value.join(':').trim()];
  });
  return { headers: Object.fromEntries(entries) };
}

/** A body that reads as JSON is sent as such, any other as text. */
function readBody(text: string): { json?: unknown; body?: string } {
  if (text.trim() === '') return {};
  try {
    return { json: JSON.parse(text) as unknown };
  } catch {
    return { body: text };
  }
}

/** Shows what was answered: the status of an error stands in its sentence, and here the beginning of what came with it. */
function describeCall(_job: StoredJob, { result, error }: JobView): CardParts {
  const { headers = {} } = (result ?? {}) as Partial<CallResult>;
  const answer = error?.answer;
  const type = answer?.type ? [{ label: 'Answered as', text: answer.type }] : [];
  return {
    facts: type,
    shown: ['headers'],
    lists: [
      { title: 'Headers of the answer', entries: Object.entries(headers).map(([name, text]) => ({ name, text })) },
    ],
  };
}

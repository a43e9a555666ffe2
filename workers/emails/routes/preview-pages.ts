import { AppError } from '../../../src/errors.ts';
import { hasEnded, type StoredJob } from '../../../src/jobs/stored-job.ts';
import type { KindRoute, RouteAnswer, RouteRequest, RouteServices } from '../../../src/kinds/routes.ts';
import type { MailParser } from '../inbox/parse/mail-parser.ts';
import type { EmailResult } from '../job.ts';
import { inScheme, SCHEMES, type Scheme } from '../preview/scheme.ts';
import { previewPath } from '../preview/template-page.ts';

const SCOPES = ['emails', 'admin'];
/** How wide mails are shown: in a window, and on a small phone. */
const WIDTHS = [600, 320];
/** Pixels of a mail's frame: what is beside its text, and around it, and what a character and a line of it take. */
const FRAME = { sides: 110, character: 8, line: 25, around: 200, least: 320, most: 1600 };
const RELOAD_SECONDS = 1;

interface PreviewData {
  title: string;
  job: string;
  isPending: boolean;
  /** Why there is nothing to be seen. */
  fault: string | null;
  facts: { label: string; text: string }[];
  frames: { title: string; url: string; width: number; height: number; scheme: Scheme }[];
  text: string;
  warnings: string[];
}

export interface PreviewServices extends Pick<RouteServices, 'findJob' | 'storage'> {
  parser: MailParser;
}

/** `/mail-previews/{job}`: a dry run as readers would see it, for people. */
export const previewPages = (services: PreviewServices): KindRoute[] => [
  { method: 'get', path: '/mail-previews/:id', scopes: SCOPES, handle: (request) => showPreview(services, request) },
  {
    method: 'get',
    path: '/mail-previews/:id/html',
    scopes: SCOPES,
    async handle(request) {
      const job = await findPreview(services, request);
      const source = job.outcome?.files.find(({ name }) => name === 'message.eml');
      if (!source) throw new AppError('not_found', 'The preview is not made yet.');
      const html = await services.parser.frame(() => services.storage.read(source.key));
      const scheme = SCHEMES.find((one) => one === request.query['scheme']) ?? 'light';
      return { foreignHtml: { html: inScheme(html ?? 'The mail has no HTML.', scheme), pictures: false } };
    },
  },
];

/** Finds the caller's dry run. Throws not_found. */
async function findPreview({ findJob }: PreviewServices, request: RouteRequest): Promise<StoredJob> {
  const { params, caller, isAdmin } = request;
  const id = params['id'] ?? '';
  const job = await findJob(id);
  const isSeen = job?.kind === 'emails' && (isAdmin || job.envelope.caller === caller);
  if (job && isSeen && (job.outcome === null || isPreview(job))) return job;
  throw new AppError('not_found', `There is no preview of a mail ${id.slice(0, 64)}.`);
}

const isPreview = ({ outcome }: StoredJob): boolean =>
  (outcome?.result as EmailResult | undefined)?.state === 'preview';

async function showPreview(services: PreviewServices, request: RouteRequest): Promise<RouteAnswer> {
  const job = await findPreview(services, request);
  const { id, state, error, outcome } = job;
  const isPending = !hasEnded(state);
  const { preview, warnings = [] } = (outcome?.result ?? {}) as Partial<EmailResult>;
  const hasHtml = typeof preview?.html === 'string';
  const frames = WIDTHS.flatMap((width) =>
    SCHEMES.map((scheme) => {
      const url = `${previewPath(id)}/html?scheme=${scheme}`;
      return { title: `${width} pixels, ${scheme}`, url, width, height: heightFor(preview?.text ?? '', width), scheme };
    }),
  );
  const data: PreviewData = {
    ...{ title: preview?.subject ?? 'A preview', job: id, isPending },
    fault: isPending || preview ? null : (error?.detail ?? `The preview was not made: it is ${state}.`),
    facts: preview ? [{ label: 'From', text: preview.from }, ...spamFacts(preview)] : [],
    ...{ frames: hasHtml ? frames : [], text: preview?.text ?? '' },
    warnings: warnings.map(({ message }) => message),
  };
  const frame = { title: 'Preview of a mail', ...(isPending ? { reloadSeconds: RELOAD_SECONDS } : {}) };
  return { page: { view: '@emails/preview', frame, data, hasFrame: true } };
}

/** Guesses by its text how high a mail is at that width: what runs nothing can not say it. A reader can draw it larger. */
function heightFor(text: string, width: number): number {
  const charactersALine = Math.max(1, (width - FRAME.sides) / FRAME.character);
  // The text says where links lead; the HTML does not.
  const shown = text.replace(/ ?<https?:[^<>]*>/g, '');
  const lines = shown.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / charactersALine)), 0);
  return Math.min(FRAME.most, Math.max(FRAME.least, FRAME.around + lines * FRAME.line));
}

const spamFacts = ({ spam }: NonNullable<EmailResult['preview']>) =>
  spam ? [{ label: 'SpamAssassin', text: `${spam.score} of ${spam.threshold}` }] : [];

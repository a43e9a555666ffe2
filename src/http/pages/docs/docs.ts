import { createHash } from 'node:crypto';
import { type Request, type Response, Router } from 'express';
import { createFinder } from '../../../../views/assets/docs/find.js';
import { publicPath, publicUrl } from '../../../config/addresses.ts';
import type { Config } from '../../../config/platform.ts';
import { AppError, ERROR_CODES } from '../../../errors.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import type { DocumentedRoutes } from '../../../kinds/routes.ts';
import { lazy } from '../../../lazy.ts';
import { type Manual, openManual, type RenderedPage } from '../../../manual/manual.ts';
import { answerUnchanged } from '../../conditional.ts';
import { createOpenApi } from '../../openapi/index.ts';
import type { Views } from '../views.ts';
import { describeDocument, type OperationView, rich, type TagView } from './describe-document.ts';
import { ERROR_HELP, type Seen } from './error-help.ts';
import { type ExampleView, readExamples } from './examples.ts';
import { createSearchIndex, type SearchEntry } from './search-index.ts';

/** What the frame of every page of the docs shows. */
interface DocsFrame {
  nav: { title: string; isOpen: boolean; pages: NavPage[] }[];
  /** What was searched for. */
  question: string;
  rich: (text: string) => string;
}

interface NavPage {
  path: string;
  title: string;
  isHere: boolean;
  /** Of the page that is shown, or whose part is: pages of their own, or places on it. */
  parts: { path?: string; anchor?: string; title: string; isHere?: boolean; method?: string }[];
}

interface StartData extends DocsFrame {
  tags: readonly TagView[];
  tasks: { path: string; title: string }[];
  examples: ExampleView[];
}

interface GuideData extends DocsFrame {
  page: RenderedPage;
  /** The parts before and behind it, of a page in parts. */
  before: Turn | null;
  behind: Turn | null;
  /** The routes that the page is about. */
  tag: TagView | null;
}

type Turn = RenderedPage['parts'][number];

interface ApiData extends DocsFrame {
  tag: TagView;
  /** The page that says more. */
  guide: string | null;
  /** The programs that show an operation, or else its lines. */
  examplesOf: (operation: OperationView) => ExampleView[];
}

interface SearchData extends DocsFrame {
  found: SearchEntry[];
}

/** The codes, every text ready. */
interface ErrorsData extends DocsFrame {
  errors: { code: string; status: number; seen: string; means: string; mend: string; again: string }[];
}

const SEEN: Readonly<Record<Seen, string>> = {
  answer: 'answer',
  job: 'job that failed',
  wait: 'job that goes on',
};

const MOST_FOUND = 30;

export interface DocsDeps {
  contracts: readonly JobContract[];
  documented: readonly DocumentedRoutes[];
  config: Config;
  views: Views;
}

/**
 * `/openapi.json`; and `/docs`: the same document for people, the manual, and the codes of errors, with a search over all of
 * them. Open to everybody, as nothing in them is secret.
 */
export function createDocsRouter(deps: DocsDeps): Router {
  const router = Router();
  const { views, config } = deps;
  const url = publicUrl(config);
  const readManual = openManual({ url, path: publicPath(config) });
  // Made when somebody first asks: every start would wait for it.
  const readDocument = lazy(() => createOpenApi(deps));
  const readText = lazy(() => withEtag(JSON.stringify(readDocument())));
  const readTags = lazy(() => describeDocument(readDocument()));
  let search: ReturnType<typeof createSearch> | undefined;
  const readSearch = async () => {
    const manual = await readManual();
    search ??= createSearch(readTags(), manual);
    return search;
  };
  const examplesOf = ({ id, lines }: OperationView) => {
    const programs = readExamples(id, url);
    return programs.length > 0 ? programs : lines;
  };
  const frame = async (path: string, question = ''): Promise<DocsFrame> => ({
    nav: listPages(await readManual(), readTags(), path),
    question,
    rich,
  });
  const showStart = views.page<StartData>('docs/start');
  const showErrors = views.page<ErrorsData>('docs/errors');
  const showSearch = views.page<SearchData>('docs/search');
  const showApi = views.page<ApiData>('docs/api');
  const showGuide = views.page<GuideData>('docs/guide');

  router.get('/openapi.json', (req, res) => sendJson(req, res, readText()));
  router.get('/docs', async (req, res) => {
    const { groups } = await readManual();
    const tasks = groups.flatMap(({ pages }) => pages.filter(({ name }) => name.startsWith('tasks/')));
    showStart(req, res, inFrame('API'), {
      ...(await frame('/docs')),
      tags: readTags(),
      tasks: tasks.map(({ name, title }) => ({ path: `/docs/${name}`, title })),
      examples: readExamples('postImages', url),
    });
  });
  router.get('/docs/errors', async (req, res) =>
    showErrors(req, res, inFrame('Errors'), { ...(await frame('/docs/errors')), errors: ERRORS }),
  );
  router.get('/docs/index.json', async (req, res) => sendJson(req, res, (await readSearch()).readText()));
  router.get('/docs/search', async (req, res) => {
    const question = typeof req.query['q'] === 'string' ? req.query['q'] : '';
    const found = (await readSearch()).readFinder()(question, MOST_FOUND);
    const data = { ...(await frame('/docs/search', question)), found };
    showSearch(req, res, inFrame('Search'), data);
  });
  router.get('/docs/api/:tag', async (req, res) => {
    const tag = readTags().find(({ slug }) => slug === req.params.tag);
    if (!tag) throw noPage();
    const { pages } = await readManual();
    const guide = pages.has(tag.slug) ? tag.slug : null;
    const data = { ...(await frame(`/docs/api/${tag.slug}`)), tag, guide, examplesOf };
    showApi(req, res, inFrame(`API: ${tag.name}`), data);
  });
  router.get('/docs/*name', async (req, res) => {
    const name = [req.params.name].flat().join('/');
    const { pages } = await readManual();
    const page = pages.get(name);
    if (!page) throw noPage();
    const tag = readTags().find(({ slug }) => slug === name) ?? null;
    showGuide(req, res, inFrame(page.title), { ...(await frame(`/docs/${name}`)), ...turnsOf(page), page, tag });
  });
  return router;
}

/** Where reading goes on from a part of a page. */
function turnsOf({ name, title, whole, parts }: RenderedPage): Pick<GuideData, 'before' | 'behind'> {
  const all = [whole ?? { name, title }, ...parts];
  const at = all.findIndex((one) => one.name === name);
  return { before: all[at - 1] ?? null, behind: all[at + 1] ?? null };
}

/** The search for those without a script, and what it is made of for the others; each made when it is asked for. */
function createSearch(tags: readonly TagView[], manual: Manual) {
  const readIndex = lazy(() => createSearchIndex(tags, manual));
  return {
    readText: lazy(() => withEtag(JSON.stringify(readIndex().map((one) => Object.values(one))))),
    readFinder: lazy(() => createFinder(readIndex())),
  };
}

const inFrame = (title: string) => ({ title, part: 'docs/docs' });

const noPage = () => new AppError('not_found', 'The docs have no such page.');

const ERRORS = Object.entries(ERROR_CODES).map(([code, { status, retryable }]) => {
  const { seen, means, mend } = ERROR_HELP[code as keyof typeof ERROR_HELP];
  return {
    code,
    status,
    seen: seen.map((one) => SEEN[one]).join(', '),
    means,
    mend,
    again: sayAgain(seen, retryable, code),
  };
});

/** Whether the same may end otherwise another time; nothing of what goes on by itself. */
function sayAgain(seen: readonly Seen[], retryable: boolean, code: string): string {
  if (seen.includes('answer'))
    return `Sent again${retryable ? ', it may succeed later' : ' unchanged, it ends the same way'}.`;
  if (!seen.includes('job')) return '';
  return `Run again${retryable || code === 'cancelled' ? ', it may succeed' : ' unchanged, it ends the same way'}.`;
}

function withEtag(text: string) {
  return { text, etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"` };
}

function sendJson(req: Request, res: Response, { text, etag }: ReturnType<typeof withEtag>): void {
  res.set({ ETag: etag, 'Cache-Control': 'no-cache' });
  if (!answerUnchanged(req, res, etag)) res.type('json').send(text);
}

/** All pages in their lists, and where the one at `path` is among them. */
function listPages({ groups, pages }: Manual, tags: readonly TagView[], path: string): DocsFrame['nav'] {
  const item = (to: string, title: string, parts: NavPage['parts'] = []): NavPage => {
    const isHere = to === path;
    const isOpen = isHere || parts.some((part) => part.path === path);
    return { path: to, title, isHere, parts: isOpen ? parts : [] };
  };
  const partsOf = (name: string): NavPage['parts'] => {
    const { parts = [], headings = [] } = pages.get(name) ?? {};
    if (parts.length === 0) return headings;
    return parts.map((part) => ({
      path: `/docs/${part.name}`,
      title: part.title,
      isHere: `/docs/${part.name}` === path,
    }));
  };
  const lists = [
    { title: 'Start', pages: [item('/docs', 'Overview'), item('/docs/errors', 'Errors')] },
    ...groups.map((group) => ({
      title: group.title,
      pages: group.pages.map(({ name, title }) => item(`/docs/${name}`, title, partsOf(name))),
    })),
    {
      title: 'Routes',
      pages: tags.map(({ slug, name, operations }) => {
        const parts = operations.map(({ id, method, path: own }) => ({
          anchor: id,
          method,
          title: own.replace('/v1', ''),
        }));
        return item(`/docs/api/${slug}`, name, parts);
      }),
    },
  ];
  const here = lists.findIndex((list) => list.pages.some((one) => one.isHere || one.parts.length > 0));
  // Beside the first pages all is there to be chosen from, but the longest list.
  const isOpen = (index: number) => (here > 0 ? index === here : index < lists.length - 1);
  return lists.map((list, index) => ({ ...list, isOpen: isOpen(index) }));
}

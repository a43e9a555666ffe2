import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';
import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import type { Kind } from '../../kinds/kind.ts';
import type { PageFrame } from '../../kinds/page.ts';
import { createFormToken } from '../actions/form-token.ts';
import type { Notices } from '../actions/notices.ts';
import { callerOrNull } from '../auth/identify.ts';

const VIEWS = fileURLToPath(new URL('../../../views', import.meta.url));
const ASSETS = join(VIEWS, 'assets');
/** What every page loads, before what the kinds bring. */
const STYLES = ['base', 'frame', 'forms', 'job', 'rows', 'queues', 'history'];
const SCRIPTS = ['app'];

/** Sends a page with the status that the answer has by then; never cached, since it shows who is signed in. */
export type ShowPage<Data extends object> = (req: Request, res: Response, frame: PageFrame, data: Data) => void;

/** The templates, compiled once, and the files that they link. */
export interface Views {
  /** The page made by that template: of `views/`, or of a kind's own folder (`@images/form`). */
  page<Data extends object>(name: string): ShowPage<Data>;
  /** Serves the files of `/assets/:version`: ours, and those of each kind below its name. */
  assets: RequestHandler;
  /** Where the product's sign lies. */
  iconPath: string;
}

/**
 * Reads `views/` and the kinds' own views and assets once; what is served does not change while the process runs. Every
 * template has `link`, which makes an address of a path of ours: `publicPath` stands before it.
 */
export function createViews(kinds: readonly Kind[], notices: Notices, publicPath: string): Views {
  const functionHeader = `const link = (path) => ${JSON.stringify(publicPath)} + path;`;
  const eta = new Eta({ views: VIEWS, cache: true, functionHeader });
  for (const kind of kinds) loadViews(eta, kind);
  const folders = [ASSETS, ...kinds.map(({ folder }) => join(folder, 'assets')).filter((folder) => existsSync(folder))];
  const version = hashFolders(folders);
  const frameOfAll = {
    assets: `${publicPath}/assets/${version}`,
    styles: [...STYLES, ...kinds.flatMap(({ page }) => page.assets?.styles ?? [])],
    scripts: [...SCRIPTS, ...kinds.flatMap(({ page }) => page.assets?.scripts ?? [])],
    forms: kinds.flatMap(({ page }) =>
      (page.forms ?? []).flatMap((form) => (form.page ? [{ path: form.path, name: form.page.nav }] : [])),
    ),
  };
  const serveForever = serveAssets(kinds, { immutable: true, maxAge: '1y' });
  const serveNow = serveAssets(kinds, { cacheControl: false });
  return {
    page: (name) => (req, res, frame, data) => {
      const caller = callerOrNull(req);
      const layout = {
        ...frameOfAll,
        ...frame,
        path: req.path,
        formToken: createFormToken(),
        notice: notices.take(req, res),
        caller: caller && { name: caller.name, isAdmin: caller.scopes.has('admin') },
      };
      res
        .set('Cache-Control', frame.isFilledIn ? 'private, no-cache' : 'no-store')
        .type('html')
        .send(eta.render(name, { ...data, layout }));
    },
    assets(req, res, next) {
      if (req.params.version === version) return serveForever(req, res, next);
      // A page of another version of this program asks: it gets what there is, but must not keep it under that name.
      res.set('Cache-Control', 'no-cache');
      return serveNow(req, res, next);
    },
    iconPath: join(ASSETS, 'favicon.svg'),
  };
}

/** Compiles a kind's own templates under `@<kind>/<name>`. */
function loadViews(eta: Eta, { contract, folder }: Kind): void {
  const views = join(folder, 'views');
  if (!existsSync(views)) return;
  for (const file of readdirSync(views).filter((name) => name.endsWith('.eta'))) {
    eta.loadTemplate(`@${contract.kind}/${file.slice(0, -'.eta'.length)}`, readFileSync(join(views, file), 'utf8'));
  }
}

function serveAssets(kinds: readonly Kind[], caching: object): RequestHandler {
  // Compressed on their way: the ranges of one encoding are none of another.
  const options = { ...caching, index: false, redirect: false, acceptRanges: false } as const;
  const router = Router();
  for (const { contract, folder } of kinds) {
    router.use(`/${contract.kind}`, express.static(join(folder, 'assets'), options));
  }
  return router.use(express.static(ASSETS, options));
}

/** One hash over all files of the folders: modules that import each other by relative names stay in step. */
function hashFolders(folders: readonly string[]): string {
  const hash = createHash('sha256');
  for (const folder of folders) {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
    for (const path of paths) hash.update(relative(folder, path)).update(readFileSync(path));
  }
  return hash.digest('base64url').slice(0, 12);
}

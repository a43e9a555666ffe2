import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';
import express, { type Request, type RequestHandler, type Response } from 'express';
import type { Problem } from '../../errors.ts';
import { callerOrNull } from '../auth/identify.ts';
import type { AdminData } from './admin.ts';
import type { DocsData } from './docs.ts';
import type { HomeData } from './home.ts';
import type { JobCard } from './job-card.ts';
import type { JobListData } from './job-list.ts';
import type { EraseData } from './jobs.ts';
import type { ReportFormData } from './report-form.ts';
import type { ResultLinkData } from './result-links.ts';
import type { SignInData } from './sign-in.ts';
import type { SuppressionsData } from './suppressions.ts';
import type { UnsubscribeData } from './unsubscribe.ts';

const VIEWS = fileURLToPath(new URL('../../../views', import.meta.url));
const ASSETS = join(VIEWS, 'assets');

/** What each template in `views/` is given, beside what the layout needs. */
interface PageData {
  home: HomeData;
  'sign-in': SignInData;
  job: { card: JobCard };
  jobs: JobListData;
  erase: EraseData;
  admin: AdminData;
  docs: DocsData;
  suppressions: SuppressionsData;
  unsubscribe: UnsubscribeData;
  'result-link': ResultLinkData;
  'report-form': ReportFormData;
  problem: { problem: Problem; wayOn: { url: string; text: string } };
}

/** What the layout around every page needs. */
export interface PageFrame {
  title: string;
  /** Without JavaScript the browser asks again after this long. */
  refreshSeconds?: number;
  /** The same, with JavaScript too: the page has no script that does better. */
  reloadSeconds?: number;
  /** A style sheet and a script of that name, for this page alone. */
  part?: string;
  /** Whether it is for people who got a mail: nothing on it leads into the product. */
  isPublic?: boolean;
}

/** The templates, compiled once, and the files that they link. */
export interface Views {
  /** Sends the page with the status that the answer has by then; never cached, since it shows who is signed in. */
  render<Name extends keyof PageData>(
    req: Request,
    res: Response,
    name: Name,
    frame: PageFrame,
    data: PageData[Name],
  ): void;
  /** Serves the files of `/assets/:version`. */
  assets: RequestHandler;
  /** Where the product's sign lies. */
  iconPath: string;
}

/** Reads `views/` once; what is served does not change while the process runs. */
export function createViews(): Views {
  const eta = new Eta({ views: VIEWS, cache: true });
  const version = hashFolder(ASSETS);
  const serveForever = express.static(ASSETS, { immutable: true, maxAge: '1y', index: false, redirect: false });
  const serveNow = express.static(ASSETS, { cacheControl: false, index: false, redirect: false });
  return {
    render(req, res, name, frame, data) {
      const caller = callerOrNull(req);
      const layout = {
        ...frame,
        assets: `/assets/${version}`,
        path: req.path,
        caller: caller && { name: caller.name, isAdmin: caller.scopes.has('admin') },
      };
      res
        .set('Cache-Control', 'no-store')
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

/** One hash over all files of a folder: modules that import each other by relative names stay in step. */
function hashFolder(folder: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)));
  return hash.digest('base64url').slice(0, 12);
}

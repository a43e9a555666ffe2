import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Manual, ManualSite } from './manual.ts';
import { MANUAL } from './pages.ts';
import { type ManualFile, readFile } from './read-file.ts';
import { createPageRenderer } from './render-page.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Renders all pages whose files are there; a deployment may have been given without them. */
export function renderManual(site: ManualSite): Manual {
  const groups = MANUAL.map(({ title, pages }) => ({
    title,
    pages: pages.filter(({ file }) => existsSync(`${ROOT}${file}`)),
  })).filter(({ pages }) => pages.length > 0);
  const files = groups.flatMap(({ pages }) =>
    pages.map((page) => readFile(page, readFileSync(`${ROOT}${page.file}`, 'utf8'))),
  );
  const renderPage = createPageRenderer(site, new Map(files.map((file): [string, ManualFile] => [file.file, file])));
  const pages = files.flatMap((file) => file.parts.map((part) => renderPage(file, part)));
  return { groups, pages: new Map(pages.map((page) => [page.name, page])) };
}

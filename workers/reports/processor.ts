import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { StoredFile } from '../../src/jobs/files/stored-file.ts';
import { defineProcessor, withoutPlace } from '../../src/jobs/processor.ts';
import { openScratchFolder } from '../../src/storage/scratch-folder.ts';
import { loadBrand } from './brand/report-brand.ts';
import { sourcesOf } from './data/row-sources.ts';
import { copyAppended, findAppended } from './files/appended-files.ts';
import { loadAttachments } from './files/attachments.ts';
import { createFetchSources } from './files/fetch-sources.ts';
import { namePdfs } from './files/name-pdfs.ts';
import { loadImages } from './files/named-images.ts';
import { findFontless } from './fonts/installed.ts';
import { reports } from './job.ts';
import { createRenderPool } from './render/pool.ts';
import type { RenderProgress } from './render/progress.ts';

const PDF_TYPE = 'application/pdf';

/** The last percent is for storing the file. */
const toProgress = ({ share, ...counts }: RenderProgress) => ({ percent: Math.floor(share * 99), ...counts });

/** Draws each report in a thread of its own and stores the PDF as `report.pdf`, or as it is to be named. */
export const createProcessor = defineProcessor(reports, ({ config, log }) => {
  const fontless = findFontless(config.REPORTS_FONTS ?? []);
  if (fontless.length > 0) log.warn({ fontless }, 'REPORTS_FONTS: no usable font is there');
  const pool = createRenderPool(config.REPORTS_CONCURRENCY);
  const fetchSources = createFetchSources(config);
  const limits = {
    maxRows: config.REPORTS_MAX_ROWS,
    maxUnpackedBytes: config.REPORTS_MAX_UNPACKED_BYTES,
    maxPages: config.REPORTS_MAX_PAGES,
    fonts: config.REPORTS_FONTS,
  };
  return {
    async process({ input: asked, createdAt, uploads, brand: named }, context) {
      const { signal, progress, storage, jobs } = context;
      signal.throwIfAborted();
      const input = await loadImages(asked, context);
      const attachments = await loadAttachments(asked, uploads, context);
      const around = await findAppended(asked, context);
      const brand = named && (await loadBrand(named, context));
      const folder = await openScratchFolder(config.DATA_DIR, {
        kind: 'reports',
        timeoutMs: config.REPORTS_TIMEOUT_SECONDS * 1000,
      });
      try {
        const sources = sourcesOf(input);
        const fetch = () => fetchSources(sources, uploads, folder.path, { signal, storage, jobs });
        const files = sources.some((source) => 'url' in source) ? await withoutPlace(context, fetch) : await fetch();
        const appended = await copyAppended(around, folder.path, context);
        const pdf = join(folder.path, 'report.pdf');
        const picture = input.preview ? join(folder.path, 'preview.png') : undefined;
        const shown = { pdf, picture, isPreview: input.preview };
        const task = {
          input,
          createdAt,
          attachments,
          brand,
          appended,
          ...shown,
          files,
          folder: folder.path,
          ...limits,
        };
        const onProgress = (news: RenderProgress) => progress(toProgress(news));
        const { pages, warnings, tables, groups, exported = [] } = await pool.render(task, { signal, onProgress });
        signal.throwIfAborted();
        const pdfs = namePdfs(input, groups).map((name, index) => ({
          ...{ name, type: PDF_TYPE },
          path: groups ? `${pdf}-${index}` : pdf,
        }));
        const drawn = input.formats.includes('pdf') ? pdfs : [];
        const made = picture ? [{ name: 'preview.png', type: 'image/png', path: picture }] : [...drawn, ...exported];
        const written: StoredFile[] = [];
        for (const { name, type, path } of made) {
          written.push(await storage.write(name, type, createReadStream(path)));
        }
        const bytes = written.filter(({ type }) => type === PDF_TYPE).reduce((sum, file) => sum + file.bytes, 0);
        const named = groups?.map((group, index) => ({ ...group, file: pdfs[index]?.name ?? '' }));
        const einvoice = input.preview ? undefined : input.einvoice;
        return { result: { pages, bytes, warnings, tables, groups: named, einvoice }, files: written };
      } finally {
        await folder.remove().catch((err) => log.warn({ err }, "a run's folder was left behind"));
      }
    },
    close: () => pool.close(),
  };
});

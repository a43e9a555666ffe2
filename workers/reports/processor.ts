import { defineProcessor } from '../../src/jobs/define.ts';
import { reports } from './job.ts';
import { createRenderPool } from './pool.ts';

/** Draws each report in a thread of its own and stores the PDF as `report.pdf`. */
export const createProcessor = defineProcessor(reports, ({ config }) => {
  const pool = createRenderPool(config.REPORTS_CONCURRENCY);
  return {
    async process(job, { signal, progress, storage }) {
      const { bytes, pages, warnings } = await pool.render(job.input, job.createdAt, {
        signal,
        // The last percent is for storing the file.
        onProgress: ({ done, total, unit }) =>
          progress({ percent: Math.floor((done / total) * 99), done, total, unit }),
      });
      signal.throwIfAborted();
      const file = await storage.write('report.pdf', 'application/pdf', bytes);
      return { result: { pages, bytes: file.bytes, warnings }, files: [file] };
    },
    close: () => pool.close(),
  };
});

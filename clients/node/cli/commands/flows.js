// @ts-check
/** @import { FailedRow } from '../../types/api.d.ts' */
/** @import { Command } from '../arguments.js' */
import { basename } from 'node:path';
import { JobFailed } from '../../src/index.js';
import { EXIT } from '../exit.js';
import { openHeavylift } from '../place.js';
import { LEAVES, POST_OPTIONS, postJob, readFields, readJson, uploadFile } from '../post.js';
import { toLine } from '../text.js';

const { output: _, ...options } = POST_OPTIONS;
/** So many rows that failed are told of. */
const TOLD_ROWS = 20;

/** `heavylift flows` @type {Command} */
export const flows = {
  name: 'flows',
  about: 'Do several jobs that need files of each other, once or for each row of a file',
  words: 'FILE',
  count: [1, 1],
  options: {
    rows: { about: 'do it for each row of this file', value: 'FILE' },
    strict: { about: 'check all rows before the first job' },
    ...options,
  },
  more: `FILE is the flow as JSON, as POST /v1/flows takes it; - for standard input. ${LEAVES}`,
  async run(typed, io) {
    const { values, words } = typed;
    const heavylift = await openHeavylift(io);
    const [file = '-'] = words;
    const fields = { ...(await readJson(file, io)), ...(await readFields(typed, io)) };
    if (values['rows']) fields.forEach = { upload: (await uploadFile(heavylift, values['rows'], io)).id };
    if (values['strict']) fields.strict = true;
    try {
      const job = await postJob(heavylift, { kind: 'flows', body: fields, name: basename(file) }, typed, io);
      if (job)
        io.print(
          values['json'] ? JSON.stringify(job) : toLine(`${job.id}  ${job.state}  ${job.progress.total ?? 1} rows`),
        );
      return EXIT.ok;
    } catch (error) {
      if (!(error instanceof JobFailed)) throw error;
      /** @type {{ rows: FailedRow[] }} */
      const { rows } = await heavylift.request('GET', `/v1/flows/${error.job.id}/rows?limit=${TOLD_ROWS}`, {
        signal: io.signal,
      });
      for (const { row, step, error: why } of rows) io.remark(toLine(`row ${row}, ${step}: ${why.detail}`));
      if (values['json']) io.print(JSON.stringify(error.job));
      throw error;
    }
  },
};

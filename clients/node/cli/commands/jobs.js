// @ts-check
/** @import { Command } from '../arguments.js' */
import { EXIT, exitCodeOf, tell } from '../exit.js';
import { openHeavylift } from '../place.js';
import { awaitJob, deliver, LEAVES, RESULT_OPTIONS } from '../post.js';
import { formatTable } from '../text.js';

/** `heavylift jobs` @type {Command} */
export const jobs = {
  name: 'jobs',
  about: 'List your jobs, the newest first, or print one as the API has it',
  words: '[ID]',
  count: [0, 1],
  options: {
    kind: { about: 'of this kind', value: 'KIND' },
    state: { about: 'in this state', value: 'STATE' },
    subject: { about: 'about this person or thing', value: 'SUBJECT' },
    tag: { about: 'with this tag', value: 'TAG' },
    batch: { about: 'of this batch', value: 'ID' },
    flow: { about: 'of this flow', value: 'ID' },
    schedule: { about: 'that this schedule made', value: 'NAME' },
    search: { about: 'with all these words in it', value: 'WORDS', short: 'q' },
    limit: { about: 'at most so many; 20 without it', value: 'N', whole: true },
    json: { about: 'print each as JSON, one a line' },
  },
  async run({ values, words }, io) {
    const heavylift = await openHeavylift(io);
    const [id] = words;
    if (id !== undefined) {
      io.print(JSON.stringify(await heavylift.job(id, { signal: io.signal }), null, 2));
      return EXIT.ok;
    }
    const { json, limit = 20, search: q, ...filter } = values;
    const rows = [];
    for await (const job of heavylift.jobs(
      { ...filter, ...(q && { q }), limit: Math.min(limit, 100) },
      { signal: io.signal },
    )) {
      if (rows.length >= limit) break;
      rows.push([
        job.id,
        job.state,
        job.createdAt.slice(0, 19).replace('T', ' '),
        `${job.progress.percent} %`,
        job.error?.code ?? '-',
      ]);
      if (json) io.print(JSON.stringify(job));
    }
    if (!json) io.print(formatTable([['ID', 'STATE', 'CREATED (UTC)', 'DONE', 'ERROR'], ...rows]));
    return EXIT.ok;
  },
};

/** `heavylift wait` @type {Command} */
export const waitFor = {
  name: 'wait',
  about: 'Wait until jobs have ended',
  words: 'ID...',
  count: [1, 1000],
  options: RESULT_OPTIONS,
  more: LEAVES,
  async run({ values, words }, io) {
    const heavylift = await openHeavylift(io);
    let code = /** @type {number} */ (EXIT.ok);
    for (const id of words) {
      try {
        const job = await awaitJob(heavylift, id, id, io);
        const target = { path: values['output'] ?? null, json: values['json'] === true };
        await deliver(heavylift, job, words.length > 1 && target.path ? { ...target, name: `${id}/` } : target, io);
      } catch (error) {
        if (words.length === 1 || io.signal.aborted) throw error;
        io.remark(tell(error));
        code = Math.max(code, exitCodeOf(error));
      }
    }
    return code;
  },
};

/** `heavylift download` @type {Command} */
export const download = {
  name: 'download',
  about: 'Save the result of a job, once it has ended',
  words: 'ID',
  count: [1, 1],
  options: RESULT_OPTIONS,
  more: 'Without -o into this folder, by the names that its files have.',
  async run({ values, words }, io) {
    const heavylift = await openHeavylift(io);
    const [id = ''] = words;
    const job = await awaitJob(heavylift, id, id, io);
    await deliver(heavylift, job, { path: values['output'] ?? './', json: values['json'] === true }, io);
    return EXIT.ok;
  },
};

// @ts-check
/** @import { Command } from '../arguments.js' */
import { basename, extname } from 'node:path';
import { EXIT } from '../exit.js';
import { openHeavylift } from '../place.js';
import { deliver, LEAVES, POST_OPTIONS, postJob, readFields, readJson, uploadFile } from '../post.js';

/** `heavylift reports` @type {Command} */
export const reports = {
  name: 'reports',
  about: 'Make a PDF, a workbook or CSV of data, or of a report as JSON',
  words: 'FILE',
  count: [0, 1],
  options: {
    title: { about: "the report's title; the file's name without it", value: 'TITLE' },
    template: { about: 'a template of yours, or monthly, invoice', value: 'NAME', short: 't' },
    formats: { about: 'pdf, xlsx, csv; several with commas', value: 'FORMATS', short: 'f' },
    subject: { about: 'whose data it is', value: 'SUBJECT' },
    ...POST_OPTIONS,
  },
  more: `FILE is a report as JSON (.json; - for standard input), as POST /v1/reports takes it, or data: CSV, NDJSON, XLSX, ODS. Of data
a table is made, or with --template its rows (data.rows). The format follows the name after -o. ${LEAVES}`,
  async run(typed, io) {
    const { values } = typed;
    const heavylift = await openHeavylift(io);
    const [file] = typed.words;
    const isReport = file === '-' || file?.toLowerCase().endsWith('.json');
    const fields = { ...(isReport && file ? await readJson(file, io) : {}), ...(await readFields(typed, io)) };
    const { template, formats, subject, title } = values;
    Object.assign(fields, {
      ...(template && { template }),
      ...(formats && { formats: formats.split(',') }),
      ...(subject && { subject }),
    });
    if (file && !isReport) {
      const rows = { upload: (await uploadFile(heavylift, file, io, { kind: 'reports' })).id };
      const named = title ?? basename(file, extname(file));
      fields['data'] = template
        ? { rows, ...fields['data'] }
        : { title: named, blocks: [{ type: 'table', rows }], ...fields['data'] };
    }
    if (title !== undefined) fields['data'] = { ...fields['data'], title };
    const [, asked] = /\.(xlsx|csv)$/i.exec(values['output'] ?? '') ?? [];
    if (asked) fields['formats'] ??= [asked.toLowerCase()];
    const name = file ? basename(file) : 'report';
    const job = await postJob(heavylift, { kind: 'reports', body: fields, name }, typed, io);
    if (job) await deliver(heavylift, job, { path: values['output'] ?? null, json: values['json'] === true }, io);
    return EXIT.ok;
  },
};

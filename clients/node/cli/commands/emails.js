// @ts-check
/** @import { Command } from '../arguments.js' */
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { EXIT } from '../exit.js';
import { openHeavylift } from '../place.js';
import { LEAVES, POST_OPTIONS, postJob, readFields, uploadFile } from '../post.js';
import { toLine } from '../text.js';

const { output: _, ...options } = POST_OPTIONS;

/** `heavylift emails` @type {Command} */
export const emails = {
  name: 'emails',
  about: 'Send a mail',
  words: '[FILE]',
  count: [0, 1],
  options: {
    to: { about: 'a recipient', value: 'ADDRESS', multiple: true },
    cc: { about: 'who gets a copy', value: 'ADDRESS', multiple: true },
    bcc: { about: 'who gets a copy without being named', value: 'ADDRESS', multiple: true },
    from: { about: 'the sender', value: 'ADDRESS' },
    subject: { about: 'its subject', value: 'SUBJECT', short: 's' },
    text: { about: 'its text', value: 'TEXT' },
    attach: { about: 'a file to come along', value: 'FILE', short: 'a', multiple: true },
    template: { about: 'a template of yours; its values by --set variables.name=Kari', value: 'NAME', short: 't' },
    ...options,
  },
  more: `FILE is what it says: .html, .md (Markdown), else text; - for standard input. ${LEAVES}`,
  async run(typed, io) {
    const { values } = typed;
    const heavylift = await openHeavylift(io);
    const fields = await readFields(typed, io);
    for (const name of ['to', 'cc', 'bcc', 'from', 'subject', 'text', 'template']) {
      if (values[name] !== undefined) fields[name] = values[name];
    }
    const [file] = typed.words;
    if (file)
      fields[partOf(file)] = await (file === '-' ? readText(io.input) : readFile(resolve(io.cwd, file), 'utf8'));
    const attachments = [];
    for (const path of values['attach'] ?? []) {
      attachments.push({
        filename: basename(path),
        upload: (await uploadFile(heavylift, path, io, { kind: 'emails' })).id,
      });
    }
    if (attachments.length > 0) fields['attachments'] = [...(fields['attachments'] ?? []), ...attachments];
    const name = String(fields['subject'] ?? 'mail');
    const job = await postJob(heavylift, { kind: 'emails', body: fields, name }, typed, io);
    if (!job) return EXIT.ok;
    if (values['json']) io.print(JSON.stringify(job));
    else if (job.kind === 'emails') {
      for (const { address, state } of job.result?.recipients ?? []) io.print(toLine(`${address}  ${state}`));
    }
    return EXIT.ok;
  },
};

/** Which field a file is for. @param {string} file */
const partOf = (file) => (/\.html?$/i.test(file) ? 'html' : /\.(md|markdown)$/i.test(file) ? 'markdown' : 'text');

// @ts-check
/** @import { Command } from '../arguments.js' */
import { usage } from '../arguments.js';
import { EXIT } from '../exit.js';
import { openHeavylift } from '../place.js';
import { deliver, LEAVES, POST_OPTIONS, postJob, readFields, uploadFile } from '../post.js';

/** `heavylift calls` @type {Command} */
export const calls = {
  name: 'calls',
  about: "Call an API, again until it answers; -o saves the answer's body",
  words: 'URL',
  count: [1, 1],
  options: {
    method: { about: 'GET without it, with a body POST', value: 'METHOD', short: 'X' },
    header: { about: '{{secret.name}} stands for a secret of yours', value: 'NAME:VALUE', short: 'H', multiple: true },
    data: { about: 'the body; @FILE for a file', value: 'TEXT', short: 'd' },
    subject: { about: 'whose data it is', value: 'SUBJECT' },
    ...POST_OPTIONS,
  },
  more: LEAVES,
  async run(typed, io) {
    const { values, words } = typed;
    const heavylift = await openHeavylift(io);
    const fields = { ...(await readFields(typed, io)), url: words[0] };
    const { method, header: headers, data, subject } = values;
    Object.assign(fields, {
      ...(method && { method }),
      ...(subject && { subject }),
      ...(headers && { headers: readHeaders(headers) }),
    });
    if (data?.startsWith('@'))
      Object.assign(fields, { source: { upload: (await uploadFile(heavylift, data.slice(1), io)).id } });
    else if (data !== undefined) Object.assign(fields, { body: data });
    const job = await postJob(heavylift, { kind: 'calls', body: fields, name: String(words[0]) }, typed, io);
    if (job) await deliver(heavylift, job, { path: values['output'] ?? null, json: values['json'] === true }, io);
    return EXIT.ok;
  },
};

/** @param {readonly string[]} lines */
function readHeaders(lines) {
  const pairs = lines.map((line) => {
    const at = line.indexOf(':');
    if (at < 1) throw usage(calls, '-H must be NAME:VALUE');
    return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  });
  return Object.fromEntries(pairs);
}

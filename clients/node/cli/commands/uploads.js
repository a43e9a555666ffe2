// @ts-check
/** @import { Command } from '../arguments.js' */
import { EXIT } from '../exit.js';
import { openHeavylift } from '../place.js';
import { uploadFile } from '../post.js';

/** `heavylift uploads` @type {Command} */
export const uploads = {
  name: 'uploads',
  about: 'Upload files for jobs to name, and print their ids',
  words: 'FILE...',
  count: [1, 100_000],
  options: {
    kind: { about: 'the kind of job that they are for', value: 'KIND' },
    name: { about: 'what a file is called; its own name without it', value: 'NAME' },
    json: { about: 'print all that is known of each as JSON, one a line' },
  },
  more: 'A FILE may be - for standard input. An upload goes on where it was when the connection breaks.',
  async run({ values, words }, io) {
    const heavylift = await openHeavylift(io);
    for (const file of words) {
      const { kind, name } = values;
      const upload = await uploadFile(heavylift, file, io, { ...(kind && { kind }), ...(name && { name }) });
      io.print(values['json'] ? JSON.stringify(upload) : upload.id);
    }
    return EXIT.ok;
  },
};

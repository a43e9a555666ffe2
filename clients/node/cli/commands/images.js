// @ts-check
/** @import { Command } from '../arguments.js' */
import * as fs from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { usage } from '../arguments.js';
import { EXIT, exitCodeOf, tell } from '../exit.js';
import { openHeavylift } from '../place.js';
import { deliver, LEAVES, nameResult, POST_OPTIONS, postJob, readFields, uploadFile } from '../post.js';
import { toLine } from '../text.js';

/** So many pictures are under way at a time. */
const AT_ONCE = 4;

/** `heavylift images` @type {Command} */
export const images = {
  name: 'images',
  about: 'Make renditions of pictures: smaller, in another format, cut to shape',
  words: 'FILE...',
  count: [1, 100_000],
  options: {
    width: { about: 'at most so many pixels wide', value: 'PX', short: 'w', whole: true },
    height: { about: 'at most so many pixels high', value: 'PX', short: 'H', whole: true },
    fit: { about: 'cover, contain, fill, inside or outside', value: 'FIT' },
    format: { about: 'jpeg, png, webp, avif, gif or tiff', value: 'FORMAT', short: 'f' },
    quality: { about: '1 to 100, or auto', value: 'QUALITY', short: 'q' },
    subject: { about: 'whose data it is', value: 'SUBJECT' },
    ...POST_OPTIONS,
  },
  more: `A FILE may be a pattern ("*.jpg"), an address (https://...), or - for standard input. Where there are several, -o is a folder.
The format follows the name after -o. One that fails stops no other. ${LEAVES}`,
  async run(typed, io) {
    const { values } = typed;
    const files = (await Promise.all(typed.words.map((word) => expand(word, io.cwd)))).flat();
    const isMany = files.length > 1;
    if (isMany && values['output'] === '-') throw usage(images, '-o must be a folder where there are several files');
    const heavylift = await openHeavylift(io);
    const fields = await readFields(typed, io);
    for (const name of ['width', 'height', 'fit', 'format', 'subject'])
      if (values[name] !== undefined) fields[name] = values[name];
    if (values['quality'] !== undefined)
      fields['quality'] = values['quality'] === 'auto' ? 'auto' : Number(values['quality']);
    const output = values['output'] ?? null;
    fields['format'] ??= isMany ? undefined : formatOf(output);
    const isFolder = isMany || (output !== null && (await isDirectory(output, io.cwd)));
    const taken = /** @type {Set<string>} */ (new Set());
    let code = /** @type {number} */ (EXIT.ok);
    const each = async (/** @type {string} */ file, /** @type {number} */ part) => {
      const source = /^https?:\/\//.test(file)
        ? { url: file }
        : { upload: (await uploadFile(heavylift, file, quiet, { kind: 'images' })).id };
      const name = basename(file);
      const what = { kind: /** @type {const} */ ('images'), body: { ...fields, source }, name };
      const job = await postJob(heavylift, isMany ? { ...what, part } : what, typed, quiet);
      if (!job) return;
      const saved = output !== null && output !== '-' && isFolder ? { name: nameResult(file, job, taken) ?? name } : {};
      await deliver(heavylift, job, { path: output, json: values['json'] === true, ...saved }, io);
    };
    // Several lines that change would write over each other.
    const quiet = isMany ? { ...io, isTerminal: false } : io;
    await inTurns(files, async (file, part) => {
      try {
        await each(file, part);
      } catch (error) {
        if (!isMany || io.signal.aborted) throw error;
        io.remark(`${toLine(file)}: ${tell(error)}`);
        code = Math.max(code, exitCodeOf(error));
      }
    });
    return code;
  },
};

/**
 * Does something for each of many, a few at a time; the first that rejects ends it.
 * @param {readonly string[]} all
 * @param {(one: string, at: number) => Promise<void>} use
 */
async function inTurns(all, use) {
  const entries = all.entries();
  const line = async () => {
    for (const [at, one] of entries) await use(one, at);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, line));
}

/**
 * The files that a word stands for: a pattern that no shell has expanded, or itself.
 * @param {string} word
 * @param {string} cwd
 * @returns {Promise<string[]>}
 */
async function expand(word, cwd) {
  const isPattern = /[*?[{]/.test(word) && !/^https?:\/\//.test(word);
  if (!isPattern || (await fs.stat(resolve(cwd, word)).catch(() => null))) return [word];
  // Node 20 has none: its shells expand patterns.
  if (typeof fs.glob !== 'function') return [word];
  const found = [];
  for await (const path of fs.glob(word, { cwd })) found.push(path);
  return found.length > 0 ? found.sort() : [word];
}

/**
 * Which format a name asks for, if any.
 * @param {string | null} path
 * @returns {string | undefined}
 */
function formatOf(path) {
  const [, extension = ''] = /\.(jpe?g|png|webp|avif|gif|tiff?)$/i.exec(path ?? '') ?? [];
  const format = extension.toLowerCase().replace('jpg', 'jpeg');
  return format === '' ? undefined : format === 'tif' ? 'tiff' : format;
}

/**
 * @param {string} path
 * @param {string} cwd
 */
const isDirectory = async (path, cwd) =>
  /[\\/]$/.test(path) || (await fs.stat(resolve(cwd, path)).catch(() => null))?.isDirectory() === true;

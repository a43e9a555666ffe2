// @ts-check
import { parseArgs } from 'node:util';
import { CommandError, EXIT } from './exit.js';
import { nearest } from './text.js';

/**
 * An option of a command. With `value`, the word that help has for it, it takes one.
 * @typedef {{ about: string, value?: string, short?: string, multiple?: boolean, whole?: boolean }} Option
 */

/**
 * What was typed, without the command.
 * @typedef {{ values: Record<string, any>, words: string[] }} Typed
 */

/**
 * A command of the users' command line.
 * @typedef {object} Command
 * @property {string} name
 * @property {string} about what it does, in a line
 * @property {string} words what follows it: `FILE...`
 * @property {[least: number, most: number]} count how many words
 * @property {Record<string, Option>} options
 * @property {string} [more] what help says beside
 * @property {(typed: Typed, io: import('./io.js').Io) => Promise<number>} run returns the exit status
 */

/** @type {Record<string, Option>} */
const HELP = { help: { about: 'show this', short: 'h' } };

/**
 * Reads what was typed after a command. Throws CommandError (usage) at what it does not know.
 * @param {Command} command
 * @param {readonly string[]} args
 * @returns {Typed & { wantsHelp: boolean }}
 */
export function readArguments(command, args) {
  const options = { ...command.options, ...HELP };
  const known = Object.fromEntries(
    Object.entries(options).map(([name, { value, short, multiple = false }]) => [
      name,
      { type: /** @type {'string' | 'boolean'} */ (value ? 'string' : 'boolean'), multiple, ...(short && { short }) },
    ]),
  );
  const { tokens, values, positionals } = parseArgs({
    args: [...args],
    options: known,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  if (values['help']) return { values, words: positionals, wantsHelp: true };
  for (const token of tokens) if (token.kind === 'option') assertOption(command, options, token);
  const [least, most] = command.count;
  if (positionals.length < least) throw usage(command, `what it is for is missing: ${command.words}`);
  if (positionals.length > most) throw usage(command, `"${positionals[most]}" is one word too many`);
  return { values: readNumbers(command, options, values), words: positionals, wantsHelp: false };
}

/**
 * @param {Command} command
 * @param {Record<string, Option>} options
 * @param {{ name: string, rawName: string, value?: string | undefined }} token
 */
function assertOption(command, options, { name, rawName, value }) {
  const option = options[name];
  if (!option) {
    const near = nearest(name, Object.keys(options));
    throw usage(command, `there is no option ${rawName}${near ? ` (did you mean --${near}?)` : ''}`);
  }
  if (option.value && (value === undefined || value === ''))
    throw usage(command, `${rawName} must have a value: ${option.value}`);
  if (!option.value && value !== undefined) throw usage(command, `${rawName} takes no value`);
}

/**
 * @param {Command} command
 * @param {Record<string, Option>} options
 * @param {Record<string, any>} values
 */
function readNumbers(command, options, values) {
  const read = Object.entries(values).map(([name, value]) => {
    if (!options[name]?.whole) return [name, value];
    if (!/^\d{1,9}$/.test(value)) throw usage(command, `--${name} must be a whole number`);
    return [name, Number(value)];
  });
  return Object.fromEntries(read);
}

/**
 * The error of a command that is wrongly written.
 * @param {{ name: string }} command
 * @param {string} sentence
 */
export const usage = ({ name }, sentence) => new CommandError(`${sentence}. See: heavylift ${name} --help`, EXIT.usage);

/**
 * Writes the help of a command.
 * @param {Command} command
 * @returns {string}
 */
export function writeHelp({ name, about, words, options, more }) {
  const rows = Object.entries({ ...options, ...HELP }).map(([long, { short, value, about: said }]) => {
    const flag = `${short ? `-${short}, ` : '    '}--${long}${value ? ` ${value}` : ''}`;
    return [flag, said];
  });
  const width = Math.max(...rows.map(([flag = '']) => flag.length));
  const lines = rows.map(([flag = '', said]) => `  ${flag.padEnd(width)}  ${said}`);
  return [
    `Usage: heavylift ${[name, words].join(' ').trim()} [options]`,
    '',
    `${about}.`,
    '',
    ...lines,
    ...(more ? ['', more] : []),
  ].join('\n');
}

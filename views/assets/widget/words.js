// @ts-check

/** @typedef {string | Record<string, string>} Word One for all numbers, or one for each category of `Intl.PluralRules`. */

/** What the element says; `words` replaces any of it. @type {Record<string, Word>} */
const WORDS = {
  choose: 'Choose a file',
  camera: 'Take a photo',
  hint: 'Or drop files here, or paste a picture.',
  mostFiles: { one: 'One file.', other: 'Up to {count} files.' },
  mostBytes: 'At most {size} each.',
  waiting: 'Waiting',
  sending: '{percent} sent',
  retrying: 'The connection is poor; trying again',
  offline: 'No connection; goes on by itself',
  later: 'The server is busy; goes on by itself',
  accepted: 'Uploaded, being processed',
  completed: 'Done',
  cancelled: 'Cancelled',
  open: 'Open',
  retry: 'Try again',
  cancel: 'Cancel',
  remove: 'Remove',
  wrongType: 'Files of this type are not taken.',
  tooLarge: 'Larger than {size}.',
  empty: 'The file is empty.',
  tooMany: { one: 'Only one file is taken.', other: 'Only {count} files are taken.' },
  unreadable: 'The file can not be read. Choose it again.',
  expired: 'The time for uploading is over. Load the page again.',
  usedUp: 'No more files are taken. Load the page again.',
  unreachable: 'The upload did not get through.',
  notHere: 'This page may not upload there.',
  required: 'Choose a file.',
  busy: 'Wait until the files are uploaded.',
  failed: 'Remove the files that could not be uploaded, or try again.',
  added: { one: '{count} file added.', other: '{count} files added.' },
  allSent: { one: 'The file is uploaded.', other: 'All {count} files are uploaded.' },
  removed: 'Removed: {name}.',
};

/** The words for what a person may mend; of anything else the server's own sentence is shown. @type {Record<string, string>} */
export const WORD_OF_CODE = {
  file_changed: 'unreadable',
  network: 'unreachable',
  origin_refused: 'notHere',
  payload_too_large: 'tooLarge',
  token_expired: 'expired',
  token_used_up: 'usedUp',
  unsupported_media_type: 'wrongType',
};

/** @typedef {ReturnType<typeof createPhrases>} Phrases */

/**
 * Makes what fills the words in: in the page's language where they were replaced, else in English.
 * @param {Record<string, Word>} words
 * @param {string} lang
 * @param {{ count: number, bytes: number }} limits What `{count}` and `{size}` are, unless told otherwise.
 */
export function createPhrases(words, lang, limits) {
  const language = Object.keys(words).length > 0 && isLanguage(lang) ? lang : 'en';
  const size = (/** @type {number} */ bytes) => {
    const step = Math.min(3, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
    const unit = ['byte', 'kilobyte', 'megabyte', 'gigabyte'][step] ?? 'byte';
    const style = /** @type {const} */ ({ style: 'unit', maximumFractionDigits: step > 1 ? 1 : 0 });
    return new Intl.NumberFormat(language, { ...style, unit }).format(bytes / 1000 ** step);
  };
  const percent = (/** @type {number} */ of100) =>
    new Intl.NumberFormat(language, { style: 'percent' }).format(of100 / 100);
  const word = (/** @type {string} */ key, /** @type {Record<string, string | number>} */ values = {}) => {
    const found = words[key] ?? WORDS[key] ?? '';
    const bytes = Number.isFinite(limits.bytes) ? size(limits.bytes) : '';
    const all = /** @type {Record<string, string | number>} */ ({ count: limits.count, size: bytes, ...values });
    const category = new Intl.PluralRules(language).select(Number(all['count']));
    const text = typeof found === 'string' ? found : (found[category] ?? found['other'] ?? '');
    return text.replaceAll(/\{(\w+)\}/g, (_, name) => String(all[name] ?? ''));
  };
  return { language, size, percent, word };
}

/** @param {string} lang */
function isLanguage(lang) {
  try {
    return Intl.NumberFormat.supportedLocalesOf(lang).length > 0;
  } catch {
    return false;
  }
}

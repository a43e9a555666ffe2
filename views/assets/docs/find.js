// Shared by the page and the web process: without this script the same search is answered as a page.

/** Longer questions are cut, so that none takes long. */
const MAX_LENGTH = 100;
const MAX_WORDS = 8;
/** How many errors of typing a word of so many letters may have. */
const TYPOS = [
  [8, 2],
  [4, 1],
];
const COMMON = new Set(
  'a an and are as at be by can do for from how i if in is it its my not of on or that the this to what when which with'.split(
    ' ',
  ),
);
const SCORES = { exact: 4, begins: 2, related: 1.5, typo: 1 };
/** Endings that a word is also found without, where four letters stay: `resume` is in `resumable`, `retry` in `retried`. */
const ENDING = /(?<=^.{4,})(?:ing|able|ed|es|er|e|s|y)$/u;
/** What readers may call it, and what it is called here. */
const OTHER_WORDS = new Map([
  ['email', ['mail']],
  ['emails', ['mail']],
  ['delete', ['erase']],
  ['remove', ['erase']],
  ['gdpr', ['subject', 'erase']],
  ['user', ['subject']],
  ['photo', ['image']],
  ['picture', ['image']],
  ['thumbnail', ['image', 'rendition']],
  ['resume', ['tus', 'pieces']],
  ['resumable', ['tus', 'pieces']],
  ['chunked', ['tus', 'pieces']],
  ['later', ['runat']],
  ['delay', ['runat']],
  ['cron', ['schedule']],
  ['cors', ['origins']],
  ['cli', ['command']],
  ['excel', ['xlsx', 'workbook']],
  ['token', ['key']],
]);
/** A word of the title says more than one of the text. */
const IN_TITLE = 4;

/** The words that a text is found by: as written in lower case, and the parts of `names_so` and `namesSo`. */
export function wordsOf(text) {
  const words = plain(text).match(/[\p{L}\p{N}_]+/gu) ?? [];
  const parts = words.flatMap((word) => {
    const split = word.replaceAll(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1_$2').split('_');
    return split.length > 1 ? [word, ...split] : [word];
  });
  return [...new Set(parts.map((word) => word.toLowerCase()).filter((word) => word !== '' && !COMMON.has(word)))];
}

const plain = (text) => text.normalize('NFKD').replaceAll(/\p{M}/gu, '');

/**
 * Makes the search over entries, each with a `title`, the `place` that it belongs to, the `path` that it leads to, and its `words`.
 * Its answer has at most `limit` of them, best first: those with all words of the question before those with some.
 */
export function createFinder(entries) {
  const vocabulary = new Map();
  const enter = (word, index, weight) => {
    const found = vocabulary.get(word) ?? new Map();
    found.set(index, Math.max(found.get(index) ?? 0, weight));
    vocabulary.set(word, found);
  };
  for (const [index, { title, place, words }] of entries.entries()) {
    for (const word of words.split(' ')) enter(word, index, 1);
    for (const word of wordsOf(place)) enter(word, index, 2);
    const inTitle = wordsOf(title);
    // A short title that has the word is more about it than a long one.
    for (const word of inTitle) enter(word, index, IN_TITLE + 2 / inTitle.length);
  }
  return (question, limit = 20) => {
    const asked = readQuestion(question);
    const scores = new Map();
    for (const word of asked) {
      for (const [index, score] of scoreWord(vocabulary, word)) {
        const { sum, words } = scores.get(index) ?? { sum: 0, words: 0 };
        scores.set(index, { sum: sum + score, words: words + 1 });
      }
    }
    const ranked = [...scores].toSorted(([one, a], [other, b]) => b.words - a.words || b.sum - a.sum || one - other);
    return ranked.slice(0, limit).map(([index]) => entries[index]);
  };
}

function readQuestion(question) {
  const words =
    plain(question.slice(0, MAX_LENGTH))
      .toLowerCase()
      .match(/[\p{L}\p{N}_]+/gu) ?? [];
  const telling = words.filter((word) => !COMMON.has(word));
  return [...new Set(telling.length > 0 ? telling : words)].slice(0, MAX_WORDS);
}

/** What that word counts for in each entry that has it, one that begins with it or is related, or else one that is nearly it. */
function scoreWord(vocabulary, asked) {
  const best = new Map();
  const note = (found, factor) => {
    for (const [index, weight] of found) best.set(index, Math.max(best.get(index) ?? 0, weight * factor));
  };
  const stem = asked.replace(ENDING, '');
  const others = OTHER_WORDS.get(asked) ?? [];
  for (const [word, found] of vocabulary) {
    if (word === asked) note(found, SCORES.exact);
    else if (word.startsWith(asked)) note(found, SCORES.begins);
    else if (word.startsWith(stem) || others.includes(word)) note(found, SCORES.related);
  }
  const [, most] = TYPOS.find(([length]) => asked.length >= length) ?? [0, 0];
  if (best.size > 0 || most === 0) return best;
  for (const [word, found] of vocabulary) {
    // Who mistypes a word knows how it begins; and so most words need no closer look.
    if (word[0] !== asked[0] && word[0] !== asked[1]) continue;
    if (isNear(asked, word, most) || isNear(asked, word.slice(0, asked.length), most)) note(found, SCORES.typo);
  }
  return best;
}

/** Whether one becomes the other by at most so many letters changed, added, left out or exchanged with their neighbours. */
function isNear(one, other, most) {
  if (Math.abs(one.length - other.length) > most) return false;
  let before = [];
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let at = 1; at <= one.length; at += 1) {
    const next = [at];
    for (let to = 1; to <= other.length; to += 1) {
      const isSame = one[at - 1] === other[to - 1];
      let cost = Math.min(row[to] + 1, next[to - 1] + 1, row[to - 1] + (isSame ? 0 : 1));
      const isExchanged = at > 1 && to > 1 && one[at - 1] === other[to - 2] && one[at - 2] === other[to - 1];
      if (isExchanged) cost = Math.min(cost, before[to - 2] + 1);
      next.push(cost);
    }
    if (Math.min(...next) > most) return false;
    [before, row] = [row, next];
  }
  return row[other.length] <= most;
}

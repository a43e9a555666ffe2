import { describe, expect, it } from '@jest/globals';
import { JOB_STATES } from '../../../src/jobs/stored-job.ts';
import { quotedIn, readDocument, sectionOf } from './documents.ts';

const glossary = readDocument('docs/glossary.md');
/** Each word, and the text of its entry as one line. */
const entries = [...sectionOf(glossary, '## Words').matchAll(/^\*\*(.+?)\*\*\. ([\s\S]+?)(?=\n\n|$(?![\s\S]))/gm)].map(
  ([, word = '', text = '']): [word: string, text: string] => [word, text.replaceAll('\n', ' ')],
);

describe('docs/glossary.md', () => {
  it('has its words in order, each once', () => {
    const words = entries.map(([word]) => word);
    expect(words.length).toBeGreaterThan(35);
    expect(words).toEqual([...new Set(words)].toSorted());
  });

  it.each(entries)('%s: the file that it names has the name that it gives', (_word, text) => {
    const places = [...text.matchAll(/`([\w.]+)` in `((?:bin|src|workers)\/[\w./-]+)`/g)];
    expect(places.length).toBeGreaterThan(0);
    for (const [, name = '', path = ''] of places) expect(readDocument(path)).toMatch(new RegExp(`\\b${name}\\b`));
  });

  it('its picture and its text name every state of a job', () => {
    const [picture = '', text = ''] = sectionOf(glossary, '## The states of a job').split('\n\n`');
    expect(JOB_STATES.filter((state) => !new RegExp(`│ +${state} +│`).test(picture))).toEqual([]);
    expect(quotedIn(`\`${text}`).filter((word) => (JOB_STATES as readonly string[]).includes(word))).toEqual(
      JOB_STATES,
    );
  });
});

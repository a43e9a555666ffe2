import { SaxesParser } from 'saxes';
import { BadData } from '../bad-data.ts';
import { type RowFile, startWith } from '../row-file.ts';

/** Elements in one another: a cell's text has about ten around it. */
const MOST_DEPTH = 100;
/** A text or a tag is in memory as a whole: no cell is as long as this. */
const MOST_CHARACTERS = 1_000_000;

/** Takes the elements of a part; names come without their prefix, attributes as they are written. */
export interface XmlReader {
  open(name: string, attributes: Readonly<Record<string, string>>): void;
  close(name: string): void;
  text(text: string): void;
  /** Whether nothing more is wanted. */
  isDone?(): boolean;
}

const withoutPrefix = (name: string): string => name.slice(name.indexOf(':') + 1);

/**
 * Reads XML piece by piece. Throws BadData for what is no XML, declares entities, is nested too deep, or has a tag or
 * a text that is too long.
 */
export async function readXml(pieces: AsyncIterable<string>, file: RowFile, reader: XmlReader): Promise<void> {
  const parser = new SaxesParser<{ xmlns: false; position: false }>({ xmlns: false, position: false });
  const names = new Map<string, string>();
  const known = (name: string): string => {
    const before = names.get(name);
    if (before !== undefined) return before;
    const local = withoutPrefix(name);
    if (names.size < 1000) names.set(name, local);
    return local;
  };
  const refuse = (why: string): BadData => new BadData(`${startWith(file)} is a damaged workbook: ${why}.`);
  let depth = 0;
  let sinceEvent = 0;
  parser.on('error', (error) => {
    throw refuse(`its XML is not well-formed (${error.message.split('\n')[0]?.slice(0, 200)})`);
  });
  parser.on('doctype', () => {
    throw refuse('its XML has a document type, which no workbook has');
  });
  parser.on('opentag', ({ name, attributes }) => {
    sinceEvent = 0;
    depth += 1;
    if (depth > MOST_DEPTH) throw refuse(`its XML has more than ${MOST_DEPTH} elements in one another`);
    reader.open(known(name), attributes);
  });
  parser.on('closetag', ({ name }) => {
    sinceEvent = 0;
    depth -= 1;
    reader.close(known(name));
  });
  const onText = (text: string) => {
    sinceEvent = 0;
    reader.text(text);
  };
  parser.on('text', onText);
  parser.on('cdata', onText);
  for await (const piece of pieces) {
    sinceEvent += piece.length;
    parser.write(piece);
    if (sinceEvent > MOST_CHARACTERS) {
      throw refuse(`a tag or a text of its XML has more than ${MOST_CHARACTERS.toLocaleString('en')} characters`);
    }
    if (reader.isDone?.()) return;
  }
  parser.close();
}

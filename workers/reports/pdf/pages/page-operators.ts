import { deflateSync } from 'node:zlib';
import type { DocumentPage } from '../pdfkit-internals.ts';

/** Most of what level 6 saves, in half of its time. */
const LEVEL = 4;

/**
 * Lets a page collect its operators as text and turns them into bytes once, when it ends: a table's page has thousands,
 * and pdfkit makes each of them a piece of memory of its own.
 */
export function collectOperators({ content }: DocumentPage): void {
  const parts = content.buffer.splice(0).map((chunk) => Buffer.from(chunk).toString('latin1').trimEnd());
  const write = content.write.bind(content);
  const end = content.end.bind(content);
  content.write = (chunk) => {
    parts.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1'));
  };
  content.end = () => {
    const operators = Buffer.from(`${parts.join('\n')}\n`, 'latin1');
    parts.length = 0;
    content.compress = false;
    content.data['Filter'] = 'FlateDecode';
    write(deflateSync(operators, { level: LEVEL }));
    end();
  };
}

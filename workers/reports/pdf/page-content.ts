import { deflateSync } from 'node:zlib';

/** What a page's stream of operators is inside pdfkit; not part of its types. */
interface PageStream {
  data: Record<string, unknown>;
  compress: boolean;
  /** What was written so far: a new page begins with the turn of its coordinates. */
  buffer: Uint8Array[];
  write(chunk: string | Uint8Array): void;
  end(): void;
}

/** Most of what level 6 saves, in half of its time. */
const LEVEL = 4;

/**
 * Lets a page gather its operators as text and turn them into bytes once, when it ends: a table's page has thousands,
 * and pdfkit makes each of them a piece of memory of its own.
 */
export function gatherOperators(page: unknown): void {
  const { content } = page as { content: PageStream };
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

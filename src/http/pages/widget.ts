import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Router } from 'express';

const FOLDER = fileURLToPath(new URL('../../../views/assets/widget', import.meta.url));
/** Each after those that it imports. */
const MODULES = [
  ...['request', 'sending', 'seats', 'intake', 'words', 'style', 'row', 'carry'],
  ...['zone', 'holder', 'form', 'speech', 'element'],
];
/** What pages of applications may import. */
const EXPORTS = ['HeavyliftUpload', 'UploadError', 'postJob', 'readJob', 'takesFile', 'uploadFile'];
/** Comments that stand alone: a third of the script's way to the browser. */
const COMMENT = /^ *(?:\/\*\*[\s\S]*?\*\/|\/\/.*)\n/gm;
const IMPORT = /^import [^;]+ from '\.\/[\w-]+\.js';\n/gm;

/**
 * `GET /heavylift-upload.js`: the element that uploads from pages of any origin, and its uploader. Its address has no
 * version, so browsers keep it for an hour, and ask then whether it has changed.
 */
export function createWidgetRouter(): Router {
  const script = joinWidget();
  const etag = `"${createHash('sha256').update(script).digest('base64url').slice(0, 22)}"`;
  const router = Router();
  router.get('/heavylift-upload.js', (_req, res) => {
    res
      .set({
        'Access-Control-Allow-Origin': '*',
        'Cache-Control': 'public, max-age=3600, stale-while-revalidate=86400',
        'Cross-Origin-Resource-Policy': 'cross-origin',
        ETag: etag,
      })
      .type('text/javascript')
      .send(script);
  });
  return router;
}

/** Makes one module without imports of those in `views/assets/widget`, whose names are all different. */
export function joinWidget(): string {
  const parts = MODULES.map((name) => {
    const source = readFileSync(join(FOLDER, `${name}.js`), 'utf8').replaceAll(COMMENT, '');
    return source
      .replaceAll(IMPORT, '')
      .replaceAll(/^export (?=\w)/gm, '')
      .trim();
  });
  const head = '// <heavylift-upload>: docs/widget.md of Heavylift says how it is used.';
  return [head, ...parts, `export { ${EXPORTS.join(', ')} };`, ''].join('\n\n');
}

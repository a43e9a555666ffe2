/**
 * Writes THIRD_PARTY.md: the licences of everything that is installed with the product, from package-lock.json.
 * `npm run third-party`; a test compares the file with what this would write.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '..');

/** Packages whose licence the lock file does not name, as their own files say. */
const UNNAMED: Record<string, string> = {
  'png-js': 'MIT',
  'xmlhttprequest-ssl': 'MIT',
  '@msgpackr-extract/msgpackr-extract-darwin-arm64': 'MIT',
  '@msgpackr-extract/msgpackr-extract-darwin-x64': 'MIT',
  '@msgpackr-extract/msgpackr-extract-linux-arm': 'MIT',
  '@msgpackr-extract/msgpackr-extract-win32-x64': 'MIT',
};

/** What has to be said about some of them beside the licence's name. */
const NOTICES: { title: string; applies: RegExp; text: string }[] = [
  {
    title: 'libvips (LGPL-3.0-or-later)',
    applies: /^@img\/sharp-(libvips-|wasm32|win32-)/,
    text: `sharp works with libvips and the libraries below it, which npm brings as shared libraries of their own,
unchanged. You may replace them with others: <https://sharp.pixelplumbing.com/install>. Source:
<https://github.com/lovell/sharp-libvips>.`,
  },
  {
    title: 'libheif and libde265 (LGPL-3.0)',
    applies: /^libheif-js$/,
    text: `HEIC is read by libheif-js, libheif and libde265 compiled to WebAssembly, in files of their own,
unchanged. You may replace them in node_modules/libheif-js. Source: <https://github.com/catdad-experiments/libheif-js>.`,
  },
  {
    title: 'qpdf (Apache-2.0)',
    applies: /^@neslinesli93\/qpdf-wasm$/,
    text: `The pages of PDFs are put together by qpdf (© Jay Berkenbilt) with zlib and libjpeg, compiled to WebAssembly, in a file
of its own, unchanged. Source: <https://github.com/qpdf/qpdf>; how it is compiled: <https://github.com/neslinesli93/qpdf-wasm>.`,
  },
  {
    title: 'Fonts (SIL Open Font License 1.1)',
    applies: /^@expo-google-fonts\//,
    text: `Reports are set in Source Sans 3 (© Adobe, Reserved Font Name "Source") and Noto Sans Hebrew and Arabic
(© The Noto Project Authors). The fonts are under the OFL, whose text lies in each package (LICENSE_FONT); the packages
around them are under the MIT licence. A document may embed them without a condition.`,
  },
];

interface LockedPackage {
  version: string;
  license?: string;
  dev?: boolean;
  devOptional?: boolean;
}

/**
 * Reads every package that `npm ci --omit=dev` may install on some platform, as `name@version`, by licence. Throws
 * where the licence is unknown.
 */
function readLicences(lock: { packages: Record<string, LockedPackage> }): Map<string, Set<string>> {
  const licences = new Map<string, Set<string>>();
  for (const [path, { version, license, dev, devOptional }] of Object.entries(lock.packages)) {
    if (path === '' || dev || devOptional) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const licence = license ?? UNNAMED[name];
    if (!licence) throw new Error(`${name}: package-lock.json names no licence; look it up and add it to UNNAMED`);
    licences.set(licence, (licences.get(licence) ?? new Set()).add(`${name}@${version}`));
  }
  return licences;
}

/** The whole file's text. */
export function thirdParty(lockText: string): string {
  const licences = readLicences(JSON.parse(lockText));
  const all = [...licences.values()].flatMap((packages) => [...packages]);
  const notices = NOTICES.map(({ title, applies, text }) => {
    const packages = all.filter((one) => applies.test(one.slice(0, one.lastIndexOf('@')))).toSorted();
    if (packages.length === 0) throw new Error(`THIRD_PARTY.md: no package of "${title}" is left; take its notice out`);
    return `### ${title}\n\n${text}\n`;
  });
  const byCount = [...licences].toSorted(([a, one], [b, other]) => other.size - one.size || (a < b ? -1 : 1));
  const lists = byCount.map(
    ([licence, packages]) => `### ${licence} (${packages.size})\n\n${[...packages].toSorted().join(', ')}\n`,
  );
  return `# Third-party software

Written by \`npm run third-party\` from package-lock.json: do not edit. Heavylift itself is under the MIT licence
(LICENSE). Its container image and \`npm ci --omit=dev\` bring the packages below, the text of each one's licence in its
own folder of node_modules. Redis or Valkey, supervisor and Node.js are programs of their own, under their own licences.

## Notices

${notices.join('\n')}
## Packages by licence

${lists.join('\n')}`;
}

if (import.meta.main) {
  const lock = readFileSync(join(repository, 'package-lock.json'), 'utf8');
  writeFileSync(join(repository, 'THIRD_PARTY.md'), thirdParty(lock));
}

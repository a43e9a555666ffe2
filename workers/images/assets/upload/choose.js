import { readSize } from '../../kept-file.js';
import { takeDropped } from '../../upload-choice.js';

/** So many are taken at a time: a folder may be someone's whole disk. */
const MOST_FILES = 5000;
/** What systems put into folders by themselves. */
const OF_SYSTEMS = /^(\.|Thumbs\.db$|desktop\.ini$)/i;
const SHOWN_FAULTS = 3;

/**
 * Takes pictures that are chosen, dropped anywhere on the page with the folders they lie in, pasted, or photographed.
 * `add` gets the files that can be taken; `tell` a sentence about those that are left out, '' for none.
 */
export function choosePictures(form, { add, tell }) {
  const input = form.elements.file;
  const limits = { types: input.accept.split(','), maxBytes: Number(form.dataset.maxBytes) };
  const take = (files, { isFolder = false } = {}) => {
    const own = files.slice(0, MOST_FILES).filter(({ name }) => !isFolder || !OF_SYSTEMS.test(name));
    const judged = own.map((file) => ({ file, fault: findFault(file, limits) }));
    const cut = files.length > MOST_FILES ? TOO_MANY : '';
    tell([cut, describeFaults(judged.filter(({ fault }) => fault))].filter(Boolean).join(' '));
    add(judged.filter(({ fault }) => !fault).map(({ file }) => file));
  };
  const takeInput = (from, options) => {
    take([...from.files], options);
    from.value = '';
  };
  input.addEventListener('change', () => takeInput(input));
  for (const button of form.querySelectorAll('[data-chooser]')) improveChooser(button, takeInput);
  takeDropped(form.querySelector('[data-drop]'), async ({ files, items }) => {
    // Only now can the entries be had; their files come later.
    const entries = [...(items ?? [])].flatMap((item) => item.webkitGetAsEntry?.() ?? []);
    if (!entries.some(({ isDirectory }) => isDirectory)) return take([...files]);
    take(await readEntries(entries), { isFolder: true });
  });
  // The browser keeps the choice over a reload.
  if (input.files.length > 0) takeInput(input);
}

/** A button that opens the camera, or a choice of folders, where the browser has one. */
function improveChooser(button, takeInput) {
  const input = document.createElement('input');
  const isFolder = button.dataset.chooser === 'folder';
  if (isFolder ? !('webkitdirectory' in input) : !matchMedia('(pointer: coarse)').matches) return button.remove();
  input.type = 'file';
  if (isFolder) input.webkitdirectory = true;
  else Object.assign(input, { accept: 'image/*', capture: 'environment' });
  button.hidden = false;
  button.addEventListener('click', () => input.click());
  return input.addEventListener('change', () => takeInput(input, { isFolder }));
}

/** Why a file can't be taken, as far as its name and its size tell: '' for nothing. */
function findFault({ name, type, size }, { types, maxBytes }) {
  const ending = /\.[^.]+$/.exec(name.toLowerCase())?.[0] ?? '';
  if (!types.includes(type) && !types.includes(ending)) return 'is not a picture of a type that is taken';
  if (size === 0) return 'is empty';
  return size > maxBytes ? `is larger than the limit of ${readSize(maxBytes)}` : '';
}

function describeFaults(left) {
  const shown = left.slice(0, SHOWN_FAULTS).map(({ file, fault }) => `“${shorten(file.name)}” ${fault}.`);
  const more = left.length - shown.length;
  if (left.length === 0) return '';
  const end = more > 0 ? ` So ${more === 1 ? 'is 1 more' : `are ${more.toLocaleString('en')} more`}, or the like.` : '';
  return `Left out: ${shown.join(' ')}${end}`;
}

const TOO_MANY = `Only the first ${MOST_FILES.toLocaleString('en')} files were looked at: choose the others by themselves.`;

const shorten = (name) => (name.length > 60 ? `${name.slice(0, 40)}…${name.slice(-15)}` : name);

/** The files of dropped entries and of the folders among them, as deep as they go; one too many where there are more. */
async function readEntries(entries) {
  const files = [];
  const folders = [...entries];
  while (folders.length > 0 && files.length <= MOST_FILES) {
    const entry = folders.shift();
    const file = entry.isFile && (await new Promise((resolve) => entry.file(resolve, () => resolve(null))));
    if (file) files.push(file);
    if (entry.isDirectory) folders.push(...(await readFolder(entry.createReader())));
  }
  return files;
}

/** Browsers give a folder's entries a hundred at a time. */
async function readFolder(reader) {
  const all = [];
  for (;;) {
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    all.push(...some);
    if (some.length === 0 || all.length > MOST_FILES) return all;
  }
}

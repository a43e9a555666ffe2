const size = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/**
 * Back to a form that was sent, the browser may have dropped its file: the form keeps the one that lies with its job then,
 * or with the upload that was made of it. Known by the form's token, as long as the tab is open.
 */
const SENDING = 'heavylift:sending';
const keyOf = (token) => `heavylift:kept:${token}`;

const placeIn = (form) => form.querySelector('[data-kept]');
const idIn = (place) => place.querySelector('input[type="hidden"]');

/** Whether the form keeps a file. */
const keeps = (form) => !idIn(placeIn(form)).disabled;

/** A kept file counts while no other one is chosen, and then none need be. */
export function showKept(form) {
  const input = form.elements.file;
  placeIn(form).hidden = input.files.length > 0 || !keeps(form);
  if ('required' in input.dataset) input.required = !keeps(form);
}

/** Takes over which file an answered form keeps; true when one is: it need not be sent again. */
export function takeKept(form, answered) {
  placeIn(form).replaceWith(placeIn(answered));
  if (keeps(form)) remember(form, idIn(placeIn(form)).value, describeFile(form));
  return keeps(form);
}

/** Has the form keep its chosen file, which lies with this job: it need not be sent again. */
export function keepSent(form, id) {
  const file = describeFile(form);
  if (!file) return;
  form.elements.file.value = '';
  show(form, { id, ...file });
  remember(form, id, file);
}

/** Remembers that the form's file lies with this job. */
export const rememberSent = (form, id) => remember(form, id, describeFile(form));

/** Remembers what is being sent: the page that follows says with which job it lies. */
export function rememberSending(form) {
  const file = placeIn(form) && describeFile(form);
  const token = form.elements.formToken.value;
  if (file) sessionStorage.setItem(SENDING, JSON.stringify({ token, file }));
  else sessionStorage.removeItem(keyOf(token));
}

/** Reads from this page's address what became of the file that was being sent; the sign-in page forgets all of them. */
export function findSent() {
  if (location.pathname.endsWith('/login')) sessionStorage.clear();
  const sending = JSON.parse(sessionStorage.getItem(SENDING));
  sessionStorage.removeItem(SENDING);
  const id = /\/jobs\/(\w+)$/.exec(location.pathname)?.[1];
  if (sending && id) sessionStorage.setItem(keyOf(sending.token), JSON.stringify({ id, ...sending.file }));
}

/** Shows the kept file of a form that was sent before and has none. */
export function restoreKept(form) {
  const place = placeIn(form);
  if (!place || keeps(form) || form.elements.file.files.length > 0) return;
  const kept = JSON.parse(sessionStorage.getItem(keyOf(form.elements.formToken.value)));
  if (kept) show(form, kept);
}

function show(form, { id, name, size: amount }) {
  const place = placeIn(form);
  idIn(place).value = id;
  idIn(place).disabled = false;
  place.querySelector('input[type="checkbox"]').checked = false;
  place.querySelector('[data-kept-name]').textContent = name;
  place.querySelector('[data-kept-size]').textContent = amount;
  showKept(form);
}

function remember(form, id, file) {
  if (file) sessionStorage.setItem(keyOf(form.elements.formToken.value), JSON.stringify({ id, ...file }));
}

/** The file that the form has: the chosen one, or else the kept one; null for none. */
function describeFile(form) {
  const [file] = form.elements.file.files;
  if (file) return { name: file.name, size: readSize(file.size) };
  if (placeIn(form).querySelector('input[type="checkbox"]').checked) return null;
  const text = (name) => placeIn(form).querySelector(`[data-kept-${name}]`).textContent;
  return keeps(form) ? { name: text('name'), size: text('size') } : null;
}

/** Writes a size as people read it. */
export function readSize(bytes) {
  if (bytes < 1e3) return `${bytes} bytes`;
  return bytes < 1e6 ? `${size.format(bytes / 1e3)} kB` : `${size.format(bytes / 1e6)} MB`;
}

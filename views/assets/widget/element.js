// @ts-check

import { followRows, sendRow } from './carry.js';
import { leaveOut, readKept, setFormValue, setValidity } from './form.js';
import { TokenHolder } from './holder.js';
import { findFault, readTaking } from './intake.js';
import { addressOf, ask, parse } from './request.js';
import { make, Row } from './row.js';
import { createSpeech } from './speech.js';
import { STYLE } from './style.js';
import { createPhrases } from './words.js';
import { Zone } from './zone.js';

/**
 * @typedef {import('./carry.js').Host} Host
 * @typedef {import('./row.js').Note} Note
 * @typedef {import('./row.js').State} State
 * @typedef {import('./words.js').Word} Word
 */

/** Of so many files that are too many it is told one by one. */
const MOST_TOLD = 5;
const Base = globalThis.HTMLElement ?? class {};
/** @type {CSSStyleSheet | undefined} */
let sheet;

/** `<heavylift-upload>`: its attributes, properties, events, parts and words are in docs/widget.md. */
export class HeavyliftUpload extends Base {
  static formAssociated = true;
  static observedAttributes = ['accept', 'camera', 'lang', 'max-bytes', 'max-files', 'required', 'token', 'words'];

  #internals = this.attachInternals();
  /** @type {Row[]} */
  #rows = [];
  #tokens = new TokenHolder();
  /** @type {Record<string, Word>} */
  #words = {};
  /** @type {Record<string, unknown>} */
  #fields = {};
  #isOff = false;
  #isFollowing = false;
  #value = '';
  #page = new AbortController();
  #form = new AbortController();

  /** @type {Host} */
  #host = {
    access: () => this.#tokens.accessOf(this),
    inPage: () => this.#page.signal,
    kind: () => this.#kind,
    fields: () => this.#fields,
    rows: () => this.#rows,
    change: (row, state, note) => this.#change(row, state, note),
    progress: (row, progress) => this.#progress(row, progress),
    accept: (row) => this.#accept(row),
    complete: (row) => this.#complete(row),
    fail: (row, why) => this.#fail(row, why),
  };

  #zone = new Zone(this, {
    taking: () => this.#taking,
    add: (files) => this.add(files),
    update: () => this.#update(),
  });
  #list = make('ul', 'list');
  #status = make('p', 'unseen', { role: 'status' });
  #say = createSpeech(this.#status);

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
    }
    root.adoptedStyleSheets = [sheet];
    root.append(this.#zone.place, this.#list, this.#status);
    root.addEventListener('slotchange', () => this.#zone.take());
  }

  connectedCallback() {
    // What was set before this file had loaded lies on the element itself and hides the properties.
    for (const name of ['token', 'words', 'fields']) {
      const early = Object.getOwnPropertyDescriptor(this, name);
      if (!early) continue;
      Reflect.deleteProperty(this, name);
      Object.assign(this, { [name]: early.value });
    }
    this.#page = new AbortController();
    const { signal } = this.#page;
    this.#zone.listen(signal);
    addEventListener('beforeunload', (event) => this.#isBusy && event.preventDefault(), { signal });
    this.#zone.take();
    for (const row of this.#rows) if (row.state === 'sending' && row.control.signal.aborted) this.#send(row);
    this.#update();
    this.#follow();
  }

  disconnectedCallback() {
    this.#page.abort();
    // What is moved goes on; what is taken out pauses, and goes on when it is put back.
    queueMicrotask(() => {
      if (!this.isConnected) for (const row of this.#rows) row.control.abort('pause');
    });
  }

  /** @param {string} name @param {string | null} _old @param {string | null} text */
  attributeChangedCallback(name, _old, text) {
    if (name === 'token') this.token = text;
    if (name === 'words') this.#words = parse(text ?? '') ?? {};
    this.#update();
  }

  /** @param {boolean} isOff */
  formDisabledCallback(isOff) {
    this.#isOff = isOff;
    this.#update();
  }

  /** @param {HTMLFormElement | null} form */
  formAssociatedCallback(form) {
    this.#form.abort();
    this.#form = new AbortController();
    const { signal } = this.#form;
    form?.addEventListener('formdata', ({ formData }) => leaveOut(formData, this.#field?.name ?? ''), { signal });
  }

  formResetCallback() {
    this.clear();
  }

  /** @param {unknown} state What `#update` gave for it. */
  formStateRestoreCallback(state) {
    for (const { id, state: was, ...facts } of readKept(state)) {
      if (this.#rows.some((row) => row.id === id)) continue;
      const row = this.#add(null, facts);
      Object.assign(row, { id, state: was, note: { word: was } });
    }
    this.#update();
    this.#follow();
  }

  /** The token, or what makes one. */
  get token() {
    return this.#tokens.given;
  }

  set token(token) {
    this.#tokens.given = token;
  }

  get words() {
    return this.#words;
  }

  set words(words) {
    this.#words = words ?? {};
    this.#update();
  }

  /** Fields of each job beside its file, as far as the token leaves them open. */
  get fields() {
    return this.#fields;
  }

  set fields(fields) {
    this.#fields = fields ?? {};
  }

  /** The ids that the form gets. */
  get value() {
    return this.#rows.flatMap(({ id }) => id || []);
  }

  /** What is in the list. */
  get entries() {
    return this.#rows.map(({ file, name, size, state, id, job }) => ({ file, name, size, state, id, job }));
  }

  get name() {
    return this.getAttribute('name') ?? this.#zone.taken?.name ?? '';
  }

  get type() {
    return this.localName;
  }

  get form() {
    return this.#internals.form;
  }

  get validity() {
    return this.#internals.validity;
  }

  get validationMessage() {
    return this.#internals.validationMessage;
  }

  get willValidate() {
    return this.#internals.willValidate;
  }

  checkValidity() {
    return this.#internals.checkValidity();
  }

  reportValidity() {
    return this.#internals.reportValidity();
  }

  /** @override @param {FocusOptions} [options] */
  focus(options) {
    this.#zone.anchor.focus(options);
  }

  /** Takes files as if they had been chosen. @param {Iterable<File>} files */
  add(files) {
    if (this.#isOff) return;
    for (const row of this.#rows.filter(({ state }) => state === 'refused')) this.#discard(row);
    // Where there is room for one, a new one takes its place.
    const taking = this.#taking;
    const old = taking.isMultiple ? [] : [...this.#rows];
    let added = 0;
    let tooMany = 0;
    for (const file of files) {
      const there = this.#rows.find((row) => row.isOf(file));
      if (there?.mayRetry) this.#send(there);
      if (there) continue;
      const beside = this.#rows.slice(old.length).filter(({ state }) => state !== 'refused');
      const word = findFault(file, taking, beside.length);
      if (word === 'tooMany' && ++tooMany > MOST_TOLD) continue;
      if (!word) for (const row of old.splice(0)) this.#discard(row);
      const row = this.#add(file, file);
      if (word) this.#fail(row, { code: word, word, text: '', mayRetry: false }, 'refused');
      else {
        added += 1;
        this.#send(row);
      }
    }
    if (added > 0) this.#say(this.#phrases.word('added', { count: added }));
    this.#update();
  }

  /** Empties the list; what is not finished is ended. */
  clear() {
    for (const row of [...this.#rows]) this.#discard(row);
    this.#update();
  }

  get #isBusy() {
    return this.#rows.some(({ state }) => state === 'sending');
  }

  get #field() {
    return this.#zone.taken?.field;
  }

  get #taking() {
    return readTaking(this, this.#field, this.#isOff);
  }

  get #kind() {
    return this.getAttribute('kind') || 'images';
  }

  get #phrases() {
    const { lang = '' } = /** @type {HTMLElement | null} */ (this.closest('[lang]')) ?? {};
    const { mostFiles, mostBytes } = this.#taking;
    return createPhrases(this.#words, lang, { count: mostFiles, bytes: mostBytes });
  }

  /** @param {File | null} file @param {{ name: string, size: number }} facts */
  #add(file, facts) {
    const row = new Row(file, facts);
    row.retry.onclick = () => {
      row.remove.focus();
      this.#send(row);
    };
    row.remove.onclick = () => this.#removeByHand(row);
    this.#rows.push(row);
    this.#list.append(row.item);
    return row;
  }

  /** The focus goes to the neighbour, and in the end to the field. @param {Row} row */
  #removeByHand(row) {
    const at = this.#rows.indexOf(row);
    this.#discard(row);
    const next = this.#rows[at] ?? this.#rows[at - 1];
    if (next) next.remove.focus();
    else this.focus();
    this.#say(this.#phrases.word('removed', { name: row.name }));
    this.#update();
  }

  /** @param {Row} row */
  #discard(row) {
    row.control.abort('removed');
    row.item.remove();
    this.#rows = this.#rows.filter((other) => other !== row);
    if (row.state === 'accepted' && row.job) {
      const access = this.#tokens.accessOf(this);
      const address = addressOf(access, `v1/jobs/${row.id}/cancel`);
      ask(access, 'POST', address, { headers: {} }).catch(() => {});
    }
    this.#tell('removed', row);
  }

  /** @param {Row} row */
  async #send(row) {
    if (!row.file) return;
    await sendRow(row, this.#host);
    this.#update();
    this.#follow();
  }

  async #follow() {
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    await followRows(this.#host);
    this.#isFollowing = false;
  }

  /** @param {Row} row */
  #accept(row) {
    this.#change(row, 'accepted', { word: 'accepted' });
    this.#update();
    this.#tell('accepted', row);
    if (!this.#isBusy) this.#say(this.#phrases.word('allSent', { count: this.value.length }));
  }

  /** @param {Row} row */
  #complete(row) {
    const [{ url = '', type = '' } = {}] = row.job?.result?.files ?? [];
    if (this.hasAttribute('results') && /^https?:/.test(url)) {
      Object.assign(row.link, { href: url, hidden: false });
      if (type.startsWith('image/')) row.show(url);
    }
    this.#change(row, 'completed', { word: 'completed' });
    this.#update();
    this.#tell('completed', row);
  }

  /** @param {Row} row @param {Parameters<Host['fail']>[1]} why @param {State} [state] */
  #fail(row, { code, word, text, mayRetry }, state = 'failed') {
    const message = word ? this.#phrases.word(word) : text;
    row.id = '';
    row.mayRetry = mayRetry;
    this.#change(row, state, { text: message });
    this.#say(`${row.name}: ${message}`);
    this.#update();
    this.#tell(state, row, { code, message });
  }

  /** @param {Row} row @param {{ sent: number, total: number }} progress */
  #progress(row, { sent, total }) {
    this.#change(row, 'sending', { word: 'sending', percent: (100 * sent) / total });
    this.#tell('progress', row, { sent, total });
  }

  /** @param {Row} row @param {State} state @param {Note} note */
  #change(row, state, note) {
    row.state = state;
    row.note = note;
    row.draw(this.#phrases, this.#isOff);
  }

  /** @param {string} event @param {Row} row @param {object} [more] */
  #tell(event, { file, name, id, job }, more = {}) {
    const detail = { file, name, id, job, ...more };
    this.dispatchEvent(new CustomEvent(`heavylift-${event}`, { bubbles: true, detail }));
  }

  /** The form's value, whether it holds, and all that is seen. */
  #update() {
    setFormValue(this.#internals, this.name, this.#rows);
    const isRequired = this.hasAttribute('required') || Boolean(this.#zone.taken?.required);
    const facts = { rows: this.#rows, isRequired, phrases: this.#phrases, anchor: this.#zone.anchor };
    setValidity(this.#internals, facts);
    this.#draw();
    const value = this.value.join();
    if (value !== this.#value) this.dispatchEvent(new Event('change', { bubbles: true }));
    this.#value = value;
  }

  #draw() {
    const phrases = this.#phrases;
    this.#zone.draw(phrases);
    this.#list.hidden = this.#rows.length === 0;
    for (const part of [this.#list, this.#status]) part.lang = phrases.language;
    for (const row of this.#rows) row.draw(phrases, this.#isOff);
  }
}

if (globalThis.customElements && !customElements.get('heavylift-upload')) {
  customElements.define('heavylift-upload', HeavyliftUpload);
}

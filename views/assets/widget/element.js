// @ts-check

import { followRows, sendRow } from './carry.js';
import { filesDropped, filesPasted, hasFiles, readBytes } from './intake.js';
import { addressOf, ask, BASE, fetchToken, parse } from './request.js';
import { make, Row } from './row.js';
import { takesFile } from './sending.js';
import { STYLE } from './style.js';
import { createPhrases } from './words.js';

/**
 * @typedef {import('./request.js').Access} Access
 * @typedef {import('./request.js').Token} Token
 * @typedef {import('./carry.js').Host} Host
 * @typedef {import('./row.js').Kept} Kept
 * @typedef {import('./row.js').Note} Note
 * @typedef {import('./row.js').State} State
 * @typedef {import('./words.js').Word} Word
 */

/** Of so many files that are too many it is told one by one. */
const MOST_TOLD = 5;
const Base = globalThis.HTMLElement ?? class {};
/** The elements in the page: a paste anywhere is for the only one. @type {Set<object>} */
const inPage = new Set();
/** @type {CSSStyleSheet | undefined} */
let sheet;

/** `<heavylift-upload>`: its attributes, properties, events, parts and words are in docs/widget.md. */
export class HeavyliftUpload extends Base {
  static formAssociated = true;
  static observedAttributes = ['accept', 'camera', 'lang', 'max-bytes', 'max-files', 'required', 'token', 'words'];

  #internals = this.attachInternals();
  /** @type {Row[]} */
  #rows = [];
  /** The field that is taken over, and what it was like. @type {{ field: HTMLInputElement, name: string, required: boolean } | null} */
  #taken = null;
  /** @type {Token | null} */
  #token = null;
  /** @type {Promise<string> | null} */
  #held = null;
  /** @type {Record<string, Word>} */
  #words = {};
  /** @type {Record<string, unknown>} */
  #fields = {};
  #isOff = false;
  #isFollowing = false;
  /** @type {string[]} */
  #unsaid = [];
  #value = '';
  #page = new AbortController();
  #form = new AbortController();

  /** @type {Host} */
  #host = {
    access: () => this.#access,
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

  #choose = make('button', 'choose', { type: 'button' });
  #camera = make('button', 'camera', { type: 'button' });
  #picker = make('input', '', { type: 'file', hidden: true });
  #hint = make('p', 'hint');
  #zone = make('div', 'zone', {}, make('slot'), this.#choose, this.#camera, this.#picker, this.#hint);
  #list = make('ul', 'list');
  #status = make('p', 'unseen', { role: 'status' });

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
    }
    root.adoptedStyleSheets = [sheet];
    root.append(this.#zone, this.#list, this.#status);
    root.addEventListener('slotchange', () => this.#take());
    this.#picker.onchange = () => this.#chooseFrom(this.#picker);
    this.#choose.onclick = () => this.#pick(null);
    // Its ground is a target too: the field's own button is small.
    this.#zone.onclick = ({ target }) => {
      if (target === this.#zone || this.#hint.contains(/** @type {Node} */ (target))) this.#taken?.field.click();
    };
    this.#camera.onclick = () => this.#pick(this.getAttribute('camera') || 'environment');
    this.addEventListener('dragover', (event) => this.#dragOver(event));
    this.addEventListener('dragleave', ({ relatedTarget }) => {
      if (!this.contains(/** @type {Node | null} */ (relatedTarget))) this.#zone.classList.remove('over');
    });
    this.addEventListener('drop', (event) => this.#drop(event));
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
    inPage.add(this);
    document.addEventListener('paste', (event) => this.#paste(event), { signal });
    addEventListener('beforeunload', (event) => this.#isBusy && event.preventDefault(), { signal });
    this.#take();
    for (const row of this.#rows) if (row.state === 'sending' && row.control.signal.aborted) this.#send(row);
    this.#update();
    this.#follow();
  }

  disconnectedCallback() {
    inPage.delete(this);
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
    form?.addEventListener('formdata', ({ formData }) => this.#leaveOut(formData), { signal: this.#form.signal });
  }

  formResetCallback() {
    this.clear();
  }

  /** @param {unknown} state What `#update` gave for it. */
  formStateRestoreCallback(state) {
    /** @type {Kept[]} */
    const kept = (typeof state === 'string' && parse(state)) || [];
    for (const { id, state: was, ...facts } of kept) {
      if (this.#rows.some((row) => row.id === id)) continue;
      const row = this.#add(null, facts);
      Object.assign(row, { id, state: was, note: { word: was } });
    }
    this.#update();
    this.#follow();
  }

  /** The token, or what makes one. @returns {Token | null} */
  get token() {
    return this.#token;
  }

  set token(token) {
    this.#token = token;
    this.#held = null;
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
    return this.getAttribute('name') ?? this.#taken?.name ?? '';
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
    (this.#taken?.field ?? this.#choose).focus(options);
  }

  /** Takes files as if they had been chosen. @param {Iterable<File>} files */
  add(files) {
    if (this.#isOff) return;
    for (const row of this.#rows.filter(({ state }) => state === 'refused')) this.#discard(row);
    // Where there is room for one, a new one takes its place.
    const old = this.#isMultiple ? [] : [...this.#rows];
    let added = 0;
    let tooMany = 0;
    for (const file of files) {
      const there = this.#rows.find((row) => row.isOf(file));
      if (there?.mayRetry) this.#send(there);
      if (there) continue;
      const word = this.#findFault(file, this.#isMultiple ? this.#rows : this.#rows.slice(old.length));
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

  get #isMultiple() {
    return this.hasAttribute('multiple') || Boolean(this.#taken?.field.multiple);
  }

  get #mostFiles() {
    return this.#isMultiple ? Number(this.getAttribute('max-files')) || Number.POSITIVE_INFINITY : 1;
  }

  get #mostBytes() {
    return readBytes(this.getAttribute('max-bytes'));
  }

  get #types() {
    return this.getAttribute('accept') ?? this.#taken?.field.accept ?? '';
  }

  get #kind() {
    return this.getAttribute('kind') || 'images';
  }

  get #phrases() {
    const { lang = '' } = /** @type {HTMLElement | null} */ (this.closest('[lang]')) ?? {};
    return createPhrases(this.#words, lang, { count: this.#mostFiles, bytes: this.#mostBytes });
  }

  /** @returns {Access} */
  get #access() {
    const url = this.getAttribute('url') ?? BASE;
    const tokenUrl = this.getAttribute('token-url');
    const make = this.#token ?? (tokenUrl === null ? null : () => fetchToken(tokenUrl));
    if (typeof make !== 'function') return { url, token: make };
    const token = async (/** @type {{ refused?: string }} */ { refused }) => {
      if (refused !== undefined && (await this.#held) === refused) this.#held = null;
      this.#held ??= Promise.resolve(make(refused === undefined ? {} : { refused }));
      this.#held.catch(() => {
        this.#held = null;
      });
      return this.#held;
    };
    return { url, token };
  }

  /** Takes over the field inside, or another one than before. */
  #take() {
    const field = /** @type {HTMLInputElement | null} */ (this.querySelector('input[type=file]'));
    this.#choose.hidden = Boolean(field);
    if (!field || field === this.#taken?.field) return;
    this.#taken = { field, name: field.name, required: field.required };
    field.required = false;
    // It would go on saying that nothing is chosen.
    field.style.color = 'transparent';
    field.addEventListener('input', (event) => event.stopPropagation());
    field.addEventListener('change', (event) => {
      event.stopPropagation();
      this.#chooseFrom(field);
    });
    if (field.files?.length) this.#chooseFrom(field);
    else this.#update();
  }

  /** The field that was taken over keeps its name, by which browsers know a form again, but sends nothing. @param {FormData} data */
  #leaveOut(data) {
    const { name = '' } = this.#taken?.field ?? {};
    const sent = data.getAll(name);
    data.delete(name);
    for (const entry of sent) if (!(entry instanceof File && entry.name === '')) data.append(name, entry);
  }

  /** @param {string | null} capture */
  #pick(capture) {
    this.#picker.accept = capture ? 'image/*' : this.#types;
    this.#picker.multiple = this.#isMultiple;
    this.#picker.toggleAttribute('capture', Boolean(capture));
    if (capture) this.#picker.capture = capture;
    this.#picker.click();
  }

  /** @param {HTMLInputElement} field */
  #chooseFrom(field) {
    const files = [...(field.files ?? [])];
    field.value = '';
    this.add(files);
  }

  /** @param {DragEvent} event */
  #dragOver(event) {
    if (!hasFiles(event)) return;
    event.preventDefault();
    this.#zone.classList.toggle('over', !this.#isOff);
  }

  /** @param {DragEvent} event */
  #drop(event) {
    if (!hasFiles(event)) return;
    event.preventDefault();
    this.#zone.classList.remove('over');
    this.add(filesDropped(event));
  }

  /** @param {ClipboardEvent} event */
  #paste(event) {
    const files = filesPasted(event);
    if (files.length === 0 || this.#isOff || (inPage.size > 1 && !event.composedPath().includes(this))) return;
    event.preventDefault();
    this.add(files);
  }

  /** Why a file can not be taken beside others, as a word; empty when it can. @param {File} file @param {Row[]} beside */
  #findFault(file, beside) {
    if (!takesFile(file, this.#types)) return 'wrongType';
    if (file.size === 0) return 'empty';
    if (file.size > this.#mostBytes) return 'tooLarge';
    return beside.filter(({ state }) => state !== 'refused').length < this.#mostFiles ? '' : 'tooMany';
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
      const address = addressOf(this.#access, `v1/jobs/${row.id}/cancel`);
      ask(this.#access, 'POST', address, { headers: {} }).catch(() => {});
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

  /** Has a screen reader say it; what comes at one moment in one go. @param {string} text */
  #say(text) {
    this.#unsaid.push(text);
    if (this.#unsaid.length > 1) return;
    setTimeout(() => {
      this.#status.textContent = this.#unsaid.splice(0, 5).join(' ');
      this.#unsaid = [];
    }, 200);
  }

  /** The form's value, whether it holds, and all that is seen. */
  #update() {
    const kept = this.#rows.filter(({ id }) => id).map(({ id, name, size, state }) => ({ id, name, size, state }));
    const data = new FormData();
    for (const { id } of kept) data.append(this.name, id);
    this.#internals.setFormValue(kept.length > 0 && this.name ? data : null, JSON.stringify(kept));
    this.#validate(kept.length);
    this.#draw();
    const value = this.value.join();
    if (value !== this.#value) this.dispatchEvent(new Event('change', { bubbles: true }));
    this.#value = value;
  }

  /** @param {number} count */
  #validate(count) {
    const isRequired = this.hasAttribute('required') || this.#taken?.required;
    const isFailed = this.#rows.some(({ state }) => state === 'failed');
    const anchor = this.#taken?.field ?? this.#choose;
    const word = (this.#isBusy && 'busy') || (isFailed && 'failed') || (isRequired && count === 0 && 'required') || '';
    if (!word) return this.#internals.setValidity({});
    const flags = word === 'required' ? { valueMissing: true } : { customError: true };
    this.#internals.setValidity(flags, this.#phrases.word(word), anchor.isConnected ? anchor : undefined);
  }

  #draw() {
    const accept = this.#types;
    const takesPictures = accept === '' || /image|\.(jpe?g|png|hei[cf]|webp)/i.test(accept);
    const { word, language } = this.#phrases;
    this.#choose.textContent = word('choose');
    this.#camera.textContent = word('camera');
    this.#camera.hidden = !(this.hasAttribute('camera') && takesPictures && matchMedia('(pointer: coarse)').matches);
    const limits = [
      Number.isFinite(this.#mostFiles) && this.#isMultiple ? word('mostFiles') : '',
      Number.isFinite(this.#mostBytes) ? word('mostBytes') : '',
    ];
    const sentences = limits.flatMap((text) => (text ? [' ', make('bdi', '', { textContent: text })] : []));
    this.#hint.replaceChildren(make('bdi', 'drop', { textContent: word('hint') }), ...sentences);
    if (this.#taken) this.#taken.field.disabled = this.#isOff;
    this.#choose.disabled = this.#isOff;
    this.#camera.disabled = this.#isOff;
    this.#list.hidden = this.#rows.length === 0;
    for (const part of [this.#camera, this.#choose, this.#hint, this.#list, this.#status]) {
      part.lang = language;
    }
    for (const row of this.#rows) row.draw(this.#phrases, this.#isOff);
  }
}

if (globalThis.customElements && !customElements.get('heavylift-upload')) {
  customElements.define('heavylift-upload', HeavyliftUpload);
}

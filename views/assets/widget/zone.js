// @ts-check

import { filesDropped, filesPasted, hasFiles } from './intake.js';
import { make } from './row.js';

/**
 * @typedef {import('./intake.js').Taking} Taking
 * @typedef {import('./words.js').Phrases} Phrases
 *
 * What is asked of the element that has the zone, and what it is told.
 * @typedef {object} ZoneHost
 * @property {() => Taking} taking
 * @property {(files: Iterable<File>) => void} add
 * @property {() => void} update Another field was taken over.
 */

/** The elements in the page: a paste anywhere is for the only one. @type {Set<object>} */
const inPage = new Set();

/** Where files come in: they are chosen, dropped and pasted, and taken with the camera. */
export class Zone {
  /** The field that is taken over, and what it was like. @type {{ field: HTMLInputElement, name: string, required: boolean } | null} */
  taken = null;

  #choose = make('button', 'choose', { type: 'button' });
  #camera = make('button', 'camera', { type: 'button' });
  #picker = make('input', '', { type: 'file', hidden: true });
  #hint = make('p', 'hint');
  place = make('div', 'zone', {}, make('slot'), this.#choose, this.#camera, this.#picker, this.#hint);

  /** @param {HTMLElement} element @param {ZoneHost} host */
  constructor(element, host) {
    this.element = element;
    this.host = host;
    this.#picker.onchange = () => this.#chooseFrom(this.#picker);
    this.#choose.onclick = () => this.#pick(null);
    // Its ground is a target too: the field's own button is small.
    this.place.onclick = ({ target }) => {
      if (target === this.place || this.#hint.contains(/** @type {Node} */ (target))) this.taken?.field.click();
    };
    this.#camera.onclick = () => this.#pick(host.taking().camera || 'environment');
    element.addEventListener('dragover', (event) => this.#dragOver(event));
    element.addEventListener('dragleave', ({ relatedTarget }) => {
      if (!element.contains(/** @type {Node | null} */ (relatedTarget))) this.place.classList.remove('over');
    });
    element.addEventListener('drop', (event) => this.#drop(event));
  }

  /** What has the focus, and what the browser points at when something is wrong. */
  get anchor() {
    return this.taken?.field ?? this.#choose;
  }

  /** Hears of pastes until the signal. @param {AbortSignal} signal */
  listen(signal) {
    inPage.add(this);
    signal.addEventListener('abort', () => inPage.delete(this), { once: true });
    document.addEventListener('paste', (event) => this.#paste(event), { signal });
  }

  /** Takes over the field inside, or another one than before. */
  take() {
    const field = /** @type {HTMLInputElement | null} */ (this.element.querySelector('input[type=file]'));
    this.#choose.hidden = Boolean(field);
    if (!field || field === this.taken?.field) return;
    this.taken = { field, name: field.name, required: field.required };
    field.required = false;
    // It would go on saying that nothing is chosen.
    field.style.color = 'transparent';
    field.addEventListener('input', (event) => event.stopPropagation());
    field.addEventListener('change', (event) => {
      event.stopPropagation();
      this.#chooseFrom(field);
    });
    if (field.files?.length) this.#chooseFrom(field);
    else this.host.update();
  }

  /** @param {Phrases} phrases */
  draw({ word, language }) {
    const { types, camera, isMultiple, mostFiles, mostBytes, isOff } = this.host.taking();
    const takesPictures = types === '' || /image|\.(jpe?g|png|hei[cf]|webp)/i.test(types);
    this.#choose.textContent = word('choose');
    this.#camera.textContent = word('camera');
    this.#camera.hidden = !(camera !== null && takesPictures && matchMedia('(pointer: coarse)').matches);
    const limits = [
      Number.isFinite(mostFiles) && isMultiple ? word('mostFiles') : '',
      Number.isFinite(mostBytes) ? word('mostBytes') : '',
    ];
    const sentences = limits.flatMap((text) => (text ? [' ', make('bdi', '', { textContent: text })] : []));
    this.#hint.replaceChildren(make('bdi', 'drop', { textContent: word('hint') }), ...sentences);
    if (this.taken) this.taken.field.disabled = isOff;
    this.#choose.disabled = isOff;
    this.#camera.disabled = isOff;
    for (const part of [this.#camera, this.#choose, this.#hint]) part.lang = language;
  }

  /** @param {string | null} capture */
  #pick(capture) {
    const { types, isMultiple } = this.host.taking();
    this.#picker.accept = capture ? 'image/*' : types;
    this.#picker.multiple = isMultiple;
    this.#picker.toggleAttribute('capture', Boolean(capture));
    if (capture) this.#picker.capture = capture;
    this.#picker.click();
  }

  /** @param {HTMLInputElement} field */
  #chooseFrom(field) {
    const files = [...(field.files ?? [])];
    field.value = '';
    this.host.add(files);
  }

  /** @param {DragEvent} event */
  #dragOver(event) {
    if (!hasFiles(event)) return;
    event.preventDefault();
    this.place.classList.toggle('over', !this.host.taking().isOff);
  }

  /** @param {DragEvent} event */
  #drop(event) {
    if (!hasFiles(event)) return;
    event.preventDefault();
    this.place.classList.remove('over');
    this.host.add(filesDropped(event));
  }

  /** @param {ClipboardEvent} event */
  #paste(event) {
    const files = filesPasted(event);
    const isForOther = inPage.size > 1 && !event.composedPath().includes(this.element);
    if (files.length === 0 || this.host.taking().isOff || isForOther) return;
    event.preventDefault();
    this.host.add(files);
  }
}

// @ts-check

/** How the element looks. */
export const STYLE = `
:host {
  --accent: var(--heavylift-accent, light-dark(#0b6a5c, #62d3bd));
  --ink: var(--heavylift-ink, light-dark(#1b2530, #e9edf0));
  --muted: var(--heavylift-muted, light-dark(#576372, #a5b1bc));
  --line: var(--heavylift-line, light-dark(#8b8f8c, #6f7d89));
  --surface: var(--heavylift-surface, light-dark(#fff, #182027));
  --bad: var(--heavylift-bad, light-dark(#9c2127, #ffb3ae));
  --round: var(--heavylift-radius, 10px);
  display: block;
  min-width: 0;
  color: var(--ink);
  overflow-wrap: anywhere;
}
:host([hidden]), [hidden] { display: none !important; }
:host(:focus) { outline: none; }
.zone {
  display: grid;
  justify-items: start;
  gap: .6rem;
  padding: 1rem;
  border: 2px dashed var(--line);
  border-radius: var(--round);
  background: var(--surface);
  cursor: pointer;
}
.over { border: 2px solid var(--accent); }
slot { display: block; max-width: 100%; }
p, ul { margin: 0; padding: 0; }
p, .status { color: var(--muted); font-size: .9em; }
ul { display: grid; gap: .5rem; }
li {
  display: grid;
  grid-template-columns: 3rem minmax(0, 1fr) auto;
  align-items: center;
  gap: .25rem .75rem;
  margin-top: .5rem;
  padding: .5rem;
  border: 1px solid var(--line);
  border-radius: var(--round);
  background: var(--surface);
}
li + li { margin-top: 0; }
.preview {
  display: grid;
  place-items: center;
  width: 3rem;
  height: 3rem;
  overflow: hidden;
  border-radius: calc(var(--round) / 2);
  background: color-mix(in srgb, var(--muted) 18%, transparent);
  font-size: .75em;
  text-transform: uppercase;
}
img { width: 100%; height: 100%; object-fit: cover; }
.name { font-weight: 600; }
.status { display: block; }
.failed .status, .refused .status { color: var(--bad); }
progress { display: block; width: 100%; height: .5rem; margin-top: .25rem; accent-color: var(--accent); }
.more { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .75rem; }
.more > * { margin-top: .5rem; }
.remove { border-color: transparent; color: var(--muted); font-size: 1em; }
button {
  min-width: 44px;
  min-height: 44px;
  padding: .25rem .75rem;
  border: 1px solid var(--line);
  border-radius: var(--round);
  background: none;
  color: inherit;
  font: inherit;
  cursor: pointer;
}
button:hover { border-color: var(--accent); }
button:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
button:disabled { opacity: .55; cursor: default; }
a { color: var(--accent); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media (pointer: coarse) { .drop { display: none; } }
@media (forced-colors: active) { .over { border-color: Highlight; } }
@media (prefers-reduced-motion: no-preference) { .zone { transition: border-color .15s; } }
`;
